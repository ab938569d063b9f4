"""Functions that are called again and again."""

import pytest

from bounded_context.application.sweep import AGE

from .alarms import Evaluation, told
from .graph import Graph

RATES = {"watch-lists": "rate(1 minute)", "sweep-uploads": "rate(15 minutes)"}
QUARTER = 15
"""Minutes."""


def test_the_watch_and_the_sweep_have_a_schedule_each(prod: Graph) -> None:
    """A sweep that takes minutes keeps the watch from nothing."""
    rules = [node for node in prod.of("cloudwatch/eventRule") if "scheduleExpression" in node.inputs]
    assert {rule.name: rule.inputs["scheduleExpression"] for rule in rules} == RATES


@pytest.mark.parametrize("name", RATES)
def test_each_is_called_by_its_alias(prod: Graph, name: str) -> None:
    """Traffic of a new version shifts as for any other caller."""
    target = prod.one("cloudwatch/eventTarget", name).inputs
    assert target["rule"] == prod.one("cloudwatch/eventRule", name).inputs["name"]
    assert target["arn"] == prod.outputs["functions"][name.replace("-", "_")]


@pytest.mark.parametrize("name", RATES)
def test_only_its_rule_may_call_it(prod: Graph, name: str) -> None:
    """EventBridge may call for no other rule, and no other version."""
    rule, permission = prod.one("cloudwatch/eventRule", name), prod.one("lambda/permission", name)
    assert permission.inputs["action"] == "lambda:InvokeFunction"
    assert permission.inputs["principal"] == "events.amazonaws.com"
    assert permission.inputs["sourceArn"] == rule.arn
    called = f"{permission.inputs['function']}:{permission.inputs['qualifier']}"
    assert prod.outputs["functions"][name.replace("-", "_")].endswith(f":function:{called}")
    assert permission.urn in prod.one("cloudwatch/eventTarget", rule.name).dependencies


@pytest.mark.parametrize(("name", "age"), [("watch-lists", 60), ("sweep-uploads", 900)])
def test_a_missed_call_is_not_made_up_for(prod: Graph, name: str, age: int) -> None:
    """The next call measures the same, and does not meet the one before."""
    target = prod.one("cloudwatch/eventTarget", name).inputs
    assert target["retryPolicy"] == {"maximumEventAgeInSeconds": age, "maximumRetryAttempts": 0}


def test_a_sweep_may_take_as_long_as_lambda_has_and_has_a_role_that_lists_alone(prod: Graph) -> None:
    """It is over before the next one begins."""
    limits = prod.one("lambda/function", "sweep-uploads").inputs
    assert limits["timeout"] <= QUARTER * 60 == AGE.total_seconds()
    assert limits["timeout"] == 900


def _states(graph: Graph, swept: dict[int, list[float]], minutes: int) -> list[str]:
    return list(Evaluation(told(graph)["lists-uploads-unseen"], {"UploadsUnseen": swept}).states(minutes))


def test_a_sweep_that_does_not_report_is_told_from_one_that_found_nothing(prod: Graph) -> None:
    """Without a count there is no saying whether an upload is unseen: the alarm has no data, and warns of that."""
    minutes = 4 * 60
    every = {minute: [0.0] for minute in range(0, minutes, QUARTER)}
    assert set(_states(prod, every, minutes)) == {"OK"}
    until = {minute: value for minute, value in every.items() if minute < 60}
    assert _states(prod, until, minutes)[-1] == "INSUFFICIENT_DATA"
    alarm = told(prod)["lists-uploads-unseen"].inputs
    assert alarm["insufficientDataActions"] == [prod.outputs["warning_topic_arn"]]


def test_the_alarm_looks_at_each_sweep(prod: Graph) -> None:
    """Its period is the schedule's."""
    assert told(prod)["lists-uploads-unseen"].inputs["period"] == QUARTER * 60
