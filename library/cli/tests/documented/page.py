"""The page of the rules, from the TOML files. A test compares it with the package's page."""

from collections import Counter
from typing import Final

from .places import PLACES
from .rules import Rule, load

_HEAD: Final = """\
# AWS's documented rules

No test of this library runs on AWS. Tests prove that code and infrastructure keep the rules that their authors know.
Therefore the rules of AWS's documents are data in `library/cli/tests/documented` of the template's repository. Each
rule has its source, the place that applies it, and a planted violation that the place detects.

This proof has three limits. A rule that is not on this page is not checked. AWS may change a document. A document may
be wrong.

A rule without a source, a place or a planted violation fails the check. {count} rules are on this page.

| place | rules | proof |
|---|---|---|
{places}

The planted violation of a resource is an edit of a recorded resource. The place reports nothing before the edit.

Two judges apply data of AWS as a whole:

- Each role of an AWS service has the actions of AWS's managed policies, or of the service's document, for its
  resources. A missing action needs a reason (`service_roles.toml`).
- Each metric of AWS in an alarm, on a dashboard or in a command on a page has a documented name, documented
  dimensions and a meaningful statistic (`metrics.toml`).
"""

_COLUMNS: Final = "| rule | source | place |\n|---|---|---|\n"


def page() -> str:
    """Return the page."""
    rules = list(load(PLACES).values())
    services = sorted({rule.service for rule in rules}, key=str.lower)
    numbers = Counter(rule.place for rule in rules)
    places = "\n".join(f"| {name} | {numbers[name]} | {place.proof} |" for name, place in PLACES.items())
    sections = [_section(service, [rule for rule in rules if rule.service == service]) for service in services]
    return "\n".join([_HEAD.format(count=len(rules), places=places), *sections])


def _section(service: str, rules: list[Rule]) -> str:
    return f"## {service}\n\n{_COLUMNS}{''.join(map(_row, rules))}"


def _row(rule: Rule) -> str:
    source = f'{rule.source.title}, "{rule.source.section}"'
    return f"| `{rule.id}`: {rule.rule} | {source} | {rule.place} |\n"
