"""The approval of lists: the state that waits, the watch that reads the waiting lists, and the alarm."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context import ListApproval
from bounded_context_cli.promises import Repository, list_workflow, workflow
from bounded_context_infra.configuration.project import current

from .graph import Graph, run, run_context

CONTEXT = replace(
    PAYMENT, approval=ListApproval(lambda totals: totals.highest("amount") > 1_000_000, days=3), versions={}
)
DAY = 86400
PROMISES = [check for module in (workflow, list_workflow) for check in module.CHECKS]


@pytest.fixture(scope="module")
def approving() -> Graph:
    """The stack of production of a context with an approval."""
    return run_context(CONTEXT, "prod")


def _breached(graph: Graph) -> set[str]:
    project = replace(current())
    project.__dict__["context"] = CONTEXT
    where = Repository(project)
    where.__dict__["graph"] = graph
    return {check.__name__ for check in PROMISES if any(True for _ in check(where))}


def test_the_state_waits_for_days_and_the_execution_a_day_longer(approving: Graph) -> None:
    """The token is written by the role that writes the other updates of the list's record."""
    definition = approving.one("sfn/stateMachine").document("definition")
    state = definition["States"]["AwaitApproval"]
    assert (state["TimeoutSeconds"], definition["TimeoutSeconds"]) == (3 * DAY, 4 * DAY)
    assert _breached(approving) == set()


def test_the_other_resources_are_those_of_a_context_without_an_approval(approving: Graph) -> None:
    """Besides the alarm, and the permission of the watch."""
    plain = run("prod")
    before, after = ({(node.kind, node.name) for node in graph.nodes} for graph in (plain, approving))
    added = {("cloudwatch/metricAlarm", "lists-unapproved"), ("iam/rolePolicy", "table-to-watch-lists")}
    assert (after - before, before - after) == (added, set())
    assert "AwaitApproval" not in plain.one("sfn/stateMachine").inputs["definition"]


def test_a_list_that_waits_too_long_sets_off_a_warning(approving: Graph) -> None:
    """After a day, or after the hours of the setting."""
    alarm = approving.one("cloudwatch/metricAlarm", "lists-unapproved").inputs
    assert (alarm["metricName"], alarm["threshold"]) == ("OldestWaitingListAge", 24 * 3600)
    assert "a-list-waits-for-its-approval" in alarm["alarmDescription"]
    sooner = run_context(CONTEXT, "prod", thresholds={"unapproved_list_hours": 0})
    assert sooner.one("cloudwatch/metricAlarm", "lists-unapproved").inputs["threshold"] == 0


def test_the_watch_reads_the_records_of_lists(approving: Graph) -> None:
    """It alone gets more permissions."""
    [watch] = [node for node in approving.of("lambda/function") if node.name == "watch-lists"]
    assert "TABLE_NAME" in watch.inputs["environment"]["variables"]
    statements = [
        statement
        for node, statement in approving.statements("iam/rolePolicy")
        if "watch-lists" in str(node.inputs["role"])
    ]
    assert "dynamodb:BatchGetItem" in json.dumps(statements)


def _state(definition: Any) -> Any:
    return definition["States"]["AwaitApproval"]


FAULTS: dict[str, Callable[[Any], object]] = {
    "the import without a wait": lambda asl: asl["States"]["IsVerified"]["Choices"][0].update(Next="ImportList"),
    "another state that does not wait": lambda asl: _state(asl).update(
        Resource="arn:aws:states:::aws-sdk:dynamodb:updateItem"
    ),
    "a token that is not stored": lambda asl: _state(asl)["Parameters"].update(UpdateExpression="SET other = :token"),
    "a wait for each list": lambda asl: _state(asl)["Parameters"].pop("ConditionExpression"),
    "a wait without an end": lambda asl: _state(asl).pop("TimeoutSeconds"),
    "an import after the timeout": lambda asl: _state(asl)["Catch"][1].update(Next="ImportList"),
    "an import after a rejection": lambda asl: _state(asl)["Catch"][2].update(Next="ImportList"),
    "a failure that is not caught": lambda asl: _state(asl)["Catch"].pop(),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_promises_detect_a_planted_fault(approving: Graph, fault: str) -> None:
    """In a definition of the repository's own."""
    [machine] = approving.of("sfn/stateMachine")
    definition = machine.document("definition")
    FAULTS[fault](definition)
    changed = replace(machine, inputs={**machine.inputs, "definition": json.dumps(definition)})
    graph = replace(approving, nodes=[changed if node is machine else node for node in approving.nodes])
    assert _breached(graph) & {"approvals_are_awaited", "failures_are_undone"}


def test_a_context_without_an_approval_needs_no_wait() -> None:
    """Its promise holds."""
    where = Repository(current())
    where.__dict__["graph"] = run("prod")
    assert list(list_workflow.approvals_are_awaited(where)) == []
