"""Each documented rule: its place detects the planted violation, and the recorded graphs obey it."""

from pathlib import Path
from typing import Any, Final

import pytest

from tests.aws_requests.graphs import GRAPHS

from .checks import CHECKS
from .places import PLACES
from .places.graph import faults
from .rules import Rule, RuleError, load

RULES: Final = load(PLACES)
IN_GRAPHS: Final = [rule for rule in RULES.values() if rule.place == "graph"]
CHANGES: Final = ("set", "drop", "copies", "absent")
"""The members of a violation without which a resource is as it was recorded."""

SERVICES: Final = frozenset(
    (
        *("Step Functions", "Lambda", "DynamoDB", "SNS", "SQS", "S3", "EventBridge", "Scheduler", "Transfer", "Backup"),
        *("CloudWatch", "CloudTrail", "GuardDuty", "KMS", "IAM", "CodeBuild", "CodePipeline", "CodeDeploy"),
        *("API Gateway", "Firehose", "Glue", "Athena"),
    )
)

COSTLY: Final = ("the largest, with every setting", "in the stack with the longest name")
"""Graphs that no other test caches. Their resources differ in names and numbers only."""


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_place_detects_the_planted_violation(rule: Rule) -> None:
    """By its code; and it reports nothing of the kind before the violation is planted, or for a permitted form."""
    codes = PLACES[rule.place].codes
    assert rule.expected in codes(rule, rule.violation)
    if "of" in rule.violation:
        recorded = {name: member for name, member in rule.violation.items() if name not in CHANGES}
        assert rule.expected not in codes(rule, recorded)
    if rule.permitted:
        assert rule.expected not in codes(rule, rule.permitted)


@pytest.mark.parametrize("name", [name for name in GRAPHS if name not in COSTLY])
def test_every_recorded_graph_obeys_the_rules(name: str) -> None:
    """All shapes, stacks and pipelines."""
    graph = GRAPHS[name]()
    assert {rule.id: problems for rule in IN_GRAPHS if (problems := faults(rule, graph))} == {}


def test_every_check_has_its_rule() -> None:
    """A check without a rule has no source."""
    assert sorted(CHECKS) == sorted(rule.id for rule in IN_GRAPHS if not rule.check)


def test_the_rules_are_of_all_services() -> None:
    """At least 80, and some of each service."""
    assert len(RULES) >= 80
    assert {rule.service for rule in RULES.values()} >= SERVICES


GOOD: Final = """
service = "Lambda"
[rules.lambda-timeout]
rule = "The timeout of a function is 1 to 900 seconds."
source = { title = "Lambda quotas", section = "Function configuration" }
place = "requests"
violation = { of = "lambda/function", set = { timeout = 901 } }
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("source = ", "# ", r"a\.toml: lambda-timeout: `source`: Field required"),
        ('"Lambda quotas"', '""', r"`source\.title`"),
        (', section = "Function configuration"', "", r"`source\.section`: Field required"),
        ("violation = ", "# ", r"`violation`: Field required"),
        ('{ of = "lambda/function", set = { timeout = 901 } }', "{}", r"`violation` is empty: plant"),
        ('"requests"', '"moon"', r"`place` is 'moon': write one of requests, "),
        ("seconds.", "seconds", r"`rule`"),
        ('service = "Lambda"', "", r"`service`"),
        ("lambda-timeout", "Timeout", r"`id`"),
        ("place = ", 'colour = "red"\nplace = ', r"`colour`: Extra inputs"),
    ],
)
def test_an_incomplete_rule_is_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    """The file, the rule and the missing part are named."""
    (tmp_path / "a.toml").write_text(GOOD.replace(old, new))
    with pytest.raises(RuleError, match=message):
        load(PLACES, tmp_path)


def test_two_rules_with_one_id_are_refused(tmp_path: Path) -> None:
    """Each is named in reports."""
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(RuleError, match=r"b\.toml: lambda-timeout: another rule has this id"):
        load(PLACES, tmp_path)


def test_a_complete_rule_is_accepted(tmp_path: Path) -> None:
    """The planted faults above are its only faults."""
    (tmp_path / "a.toml").write_text(GOOD)
    rules: dict[str, Any] = load(PLACES, tmp_path)
    assert list(rules) == ["lambda-timeout"]
