"""The state machine's file against the infrastructure that fills and permits it."""

import re
from collections.abc import Iterator
from typing import Any

from bounded_context.application.ports import Throttled
from bounded_context_cli.promises.workflow import LAMBDAS_OWN
from bounded_context_infra.configuration.project import current, list_workflow
from tests.contract.pins import PINS, pins
from tests.infra.graph import Graph

TURNED_AWAY = {
    "lambda:invoke": ["Lambda.TooManyRequestsException", Throttled.__name__],
    "dynamodb:updateItem": [
        f"{service}.{error}"
        for service in ("DynamoDB", "DynamoDb")
        for error in ("ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException")
    ],
    "sns:publish": ["SNS.ThrottledException"],
}
"""What each call of the machine ends with when there is too much at once."""


def states(node: Any) -> Iterator[tuple[dict[str, Any], set[str]]]:
    """Every state with the names that it may go to, also inside of maps."""
    if isinstance(node, dict):
        for state in node.get("States", {}).values():
            yield state, set(node["States"])
        for value in node.values():
            yield from states(value)
    elif isinstance(node, list):
        for item in node:
            yield from states(item)


def test_every_placeholder_is_provided_and_every_value_used(deployed: Graph) -> None:
    """The names in the file are those that the program fills."""
    placeholders = set(re.findall(r"\$\{(\w+)\}", list_workflow(current().context)))
    steps = {"register_list_arn", "validate_list_arn", "verification_arn", "import_list_arn", "compensate_error_arn"}
    concurrency = {"import_concurrency", "verification_concurrency"}
    assert placeholders == steps | {"inbox_bucket", "table_name", "topic_arn", *concurrency}
    assert "${" not in deployed.one("sfn/stateMachine").inputs["definition"]


def test_each_state_is_as_pinned(deployed: Graph) -> None:
    """Each way, try and datum is there for a reason: change its pin by hand."""
    assert pins(deployed.one("sfn/stateMachine").document("definition")) == PINS


def test_every_state_waits_long_for_throttled_calls(deployed: Graph) -> None:
    """Lists that arrive together are late, not failed: for most of an hour, and each at a time of its own."""
    for state, _ in states(deployed.one("sfn/stateMachine").document("definition")):
        if state["Type"] == "Task":
            for turned_away in TURNED_AWAY[state["Resource"].rpartition(":::")[2]]:
                retrier = next(
                    entry for entry in state["Retry"] if {turned_away, "States.ALL"} & set(entry["ErrorEquals"])
                )
                assert retrier["JitterStrategy"] == "FULL"
                assert retrier["MaxDelaySeconds"] <= 300
                assert waited(retrier) >= 45 * 60, (turned_away, waited(retrier))


def test_every_step_outlasts_an_outage_of_lambda(deployed: Graph) -> None:
    """For 10 to 15 minutes; the undoing steps retry all errors for longer. A step's own errors are retried shortly."""
    for state, _ in states(deployed.one("sfn/stateMachine").document("definition")):
        if state.get("Resource") == "arn:aws:states:::lambda:invoke":
            for error in LAMBDAS_OWN:
                retrier = next(entry for entry in state["Retry"] if {error, "States.ALL"} & set(entry["ErrorEquals"]))
                assert retrier["JitterStrategy"] == "FULL"
                assert waited(retrier) >= 600
                assert waited(retrier) <= (900 if error in retrier["ErrorEquals"] else 4000)


def waited(retrier: dict[str, Any]) -> float:
    """Return how many seconds a task waits by a retrier, on average: with full jitter half of each delay."""
    delays = (retrier["IntervalSeconds"] * retrier["BackoffRate"] ** tried for tried in range(retrier["MaxAttempts"]))
    return sum(min(delay, retrier["MaxDelaySeconds"]) for delay in delays) / 2


def test_a_list_whose_parts_are_gone_is_not_tried_for_hours(deployed: Graph) -> None:
    """Nothing brings them back: a person has to know at once."""
    all_states = [state for state, _ in states(deployed.one("sfn/stateMachine").document("definition"))]
    undoing = [state for state in all_states if "compensate-error" in str(state.get("Parameters"))]
    assert [state["Retry"][0] for state in undoing] == [{"ErrorEquals": ["StagingGone"], "MaxAttempts": 0}] * 2
