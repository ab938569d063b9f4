"""Functions that are called again and again."""

import json

import pytest

from bounded_context.application.inbound import AGE

from .alarms import Evaluation, notifiers
from .graph import ACCOUNT, Graph

RATES = {"watch-lists": "rate(1 minute)", "sweep-uploads": "rate(15 minutes)"}
QUARTER = 15
"""Minutes."""


def test_the_watch_and_the_sweep_have_a_schedule_each(prod: Graph) -> None:
    """A sweep that takes minutes keeps the watch from nothing."""
    schedules = prod.of("scheduler/schedule")
    assert {node.name: node.inputs["scheduleExpression"] for node in schedules} == RATES
    assert {node.inputs["flexibleTimeWindow"]["mode"] for node in schedules} == {"OFF"}
    assert not [rule for rule in prod.of("cloudwatch/eventRule") if "scheduleExpression" in rule.inputs]


@pytest.mark.parametrize("name", RATES)
def test_each_is_called_by_its_alias_with_the_time_of_the_schedule(prod: Graph, name: str) -> None:
    """Traffic of a new version shifts as for any other caller. A repeated call has the same time."""
    target = prod.one("scheduler/schedule", name).inputs["target"]
    assert target["arn"] == prod.outputs["functions"][name.replace("-", "_")]
    assert json.loads(target["input"]) == {"time": "<aws.scheduler.scheduled-time>"}


@pytest.mark.parametrize("name", RATES)
def test_its_role_calls_its_alias_and_serves_its_group_alone(prod: Graph, name: str) -> None:
    """No schedule of another stack, account or group may use the role, and the role may call no other version."""
    schedule, group = prod.one("scheduler/schedule", name), prod.one("scheduler/scheduleGroup", name)
    assert schedule.inputs["groupName"] == group.inputs["name"]
    [role] = [node for node in prod.of("iam/role") if node.arn == schedule.inputs["target"]["roleArn"]]
    [trusted] = role.statements("assumeRolePolicy")
    assert trusted["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trusted["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": group.arn}}
    [policy] = [node for node in prod.of("iam/rolePolicy") if node.inputs["role"] == role.inputs["name"]]
    [allowed] = policy.statements("policy")
    assert (allowed["Action"], allowed["Resource"]) == (["lambda:InvokeFunction"], [schedule.inputs["target"]["arn"]])
    assert policy.urn in schedule.dependencies
    assert not [node for node in prod.of("lambda/permission") if node.name == name]


@pytest.mark.parametrize(("name", "age"), [("watch-lists", 60), ("sweep-uploads", 900)])
def test_a_missed_call_is_not_repeated(prod: Graph, name: str, age: int) -> None:
    """The next call measures the same, and does not meet the one before."""
    target = prod.one("scheduler/schedule", name).inputs["target"]
    assert target["retryPolicy"] == {"maximumEventAgeInSeconds": age, "maximumRetryAttempts": 0}


def test_the_watch_and_the_sweep_need_no_alarm_on_dropped_calls(prod: Graph) -> None:
    """Their own alarms then have no data, and warn."""
    assert not [name for name in notifiers(prod) if name.endswith("-dropped")]


def test_a_sweep_ends_before_the_next_and_its_role_only_lists(prod: Graph) -> None:
    """It is over before the next one begins."""
    limits = prod.one("lambda/function", "sweep-uploads").inputs
    assert limits["timeout"] <= QUARTER * 60 == AGE.total_seconds()
    assert limits["timeout"] == 900


def _states(graph: Graph, swept: dict[int, list[float]], minutes: int) -> list[str]:
    return list(Evaluation(notifiers(graph)["lists-uploads-unseen"], {"UploadsUnseen": swept}).states(minutes))


def test_a_sweep_without_a_report_raises_an_alarm(prod: Graph) -> None:
    """Without a count there is no saying whether an upload is unseen: the alarm has no data, and warns of that."""
    minutes = 4 * 60
    every = {minute: [0.0] for minute in range(0, minutes, QUARTER)}
    assert set(_states(prod, every, minutes)) == {"OK"}
    until = {minute: value for minute, value in every.items() if minute < 60}
    assert _states(prod, until, minutes)[-1] == "INSUFFICIENT_DATA"
    alarm = notifiers(prod)["lists-uploads-unseen"].inputs
    assert alarm["insufficientDataActions"] == [prod.outputs["warning_topic_arn"]]


def test_the_alarm_looks_at_each_sweep(prod: Graph) -> None:
    """Its period is the schedule's."""
    assert notifiers(prod)["lists-uploads-unseen"].inputs["period"] == QUARTER * 60
