"""The documented rules, from the TOML files of the folder `rules`.

A file has the service's name and a table of rules by id::

    service = "Lambda"

    [rules.lambda-timeout]
    rule = "A function runs for 1 to 900 seconds."
    source = { title = "Lambda quotas", section = "Function configuration, deployment, and execution" }
    place = "requests"
    code = "CreateFunction Timeout"
    violation = { of = "lambda/function", set = { timeout = 901 } }
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

FOLDER: Final = Path(__file__).parent / "rules"

Text = Annotated[str, StringConstraints(min_length=2, strip_whitespace=True)]


class RuleError(ValueError):
    """An invalid rule; the message has the fault, its place and the remedy."""


class Source(BaseModel):
    """The place of a rule in AWS's documents: the title of a page, with its guide if needed, and the section."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    section: Text


class Rule(BaseModel):
    """A documented rule.

    Attributes:
        id: the rule's name in tests and on the page.
        service: the AWS service.
        rule: the rule in one sentence.
        source: its place in AWS's documents.
        place: the name of the place that applies it.
        violation: the planted violation, in the form that the place documents.
        code: the code by which the place reports the violation; by default the rule's id.
        permitted: a form of the violation that AWS accepts: the place must not report it.
        check: the data of a generic check, in the form that the place documents.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)+$")]
    service: Text
    rule: Annotated[str, StringConstraints(pattern=r"^[A-Z`].{10,}\.$")]
    source: Source
    place: str
    violation: dict[str, Any]
    code: str = ""
    permitted: dict[str, Any] = {}
    check: dict[str, Any] = {}

    @property
    def expected(self) -> str:
        """The code of the violation."""
        return self.code or self.id


def load(places: Mapping[str, Any], folder: Path = FOLDER) -> dict[str, Rule]:
    """Return the rules of a folder by id.

    Raises:
        RuleError: a rule lacks a part, its place does not exist, or another rule has its id.
    """
    rules: dict[str, Rule] = {}
    for file, entry in _entries(folder):
        rule = _valid(file, entry)
        if not rule.violation:
            raise RuleError(f"{file}: {rule.id}: `violation` is empty: plant what the place {rule.place} detects.")
        if rule.place not in places:
            raise RuleError(f"{file}: {rule.id}: `place` is {rule.place!r}: write one of {', '.join(places)}.")
        if rule.id in rules:
            raise RuleError(f"{file}: {rule.id}: another rule has this id: give each rule an id of its own.")
        rules[rule.id] = rule
    return rules


def _entries(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(folder.glob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        for name, rule in content["rules"].items():
            yield path.name, {"id": name, "service": content.get("service", ""), **rule}


def _valid(file: str, entry: dict[str, Any]) -> Rule:
    try:
        return Rule.model_validate(entry)
    except ValidationError as error:
        faults = [f"`{'.'.join(map(str, detail['loc']))}`: {detail['msg']}" for detail in error.errors()]
        raise RuleError(f"{file}: {entry['id']}: {'; '.join(faults)}: see {Path(__file__).name}.") from None


def expanded(value: Any) -> Any:
    """Return a value of a rule with its repetitions.

    `{repeat = "x", times = 65}` is a text of 65 letters. `{each = "x#", times = 65}` is a list of 65 entries, in which
    `#` is the number of the entry.
    """
    if isinstance(value, dict) and value.keys() == {"repeat", "times"}:
        return value["repeat"] * value["times"]
    if isinstance(value, dict) and value.keys() == {"each", "times"}:
        return [_numbered(value["each"], number) for number in range(value["times"])]
    if isinstance(value, dict):
        return {name: expanded(member) for name, member in value.items()}
    return [expanded(entry) for entry in value] if isinstance(value, list) else value


def _numbered(value: Any, number: int) -> Any:
    if isinstance(value, dict):
        return {name.replace("#", str(number)): _numbered(member, number) for name, member in value.items()}
    if isinstance(value, list):
        return [_numbered(entry, number) for entry in value]
    return value.replace("#", str(number)) if isinstance(value, str) else value
