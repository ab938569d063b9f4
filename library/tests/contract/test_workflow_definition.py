"""The state machine's file against the infrastructure that fills and permits it."""

import json
import re
from collections.abc import Iterator
from typing import Any

from bounded_context.project import current
from tests.infra.graph import Graph

ASL = current().root / "workflow" / "list_import.asl.json"

IAM_ACTIONS = {"lambda:invoke": "lambda:InvokeFunction"}
"""Where the name of an integration is not that of the permission."""


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


def targets(state: Any) -> Iterator[str]:
    """The names that a state goes to: next, by choice, by default, on errors."""
    yield from (state[key] for key in ("Next", "Default") if key in state)
    for choice in [*state.get("Choices", []), *state.get("Catch", [])]:
        yield choice["Next"]


def integrations(node: Any) -> set[str]:
    """The AWS calls that the machine makes itself, such as `sns:publish`."""
    return set(re.findall(r'"arn:aws:states:::([a-z0-9]+:\w+)', json.dumps(node)))


def test_every_placeholder_is_provided_and_every_value_used(deployed: Graph) -> None:
    """The names in the file are those that the program fills."""
    placeholders = set(re.findall(r"\$\{(\w+)\}", ASL.read_text()))
    steps = {"register_list_arn", "validate_list_arn", "verification_arn", "import_list_arn", "compensate_error_arn"}
    assert placeholders == steps | {"inbox_bucket", "table_name", "topic_arn", "import_concurrency"}
    assert "${" not in deployed.one("sfn/stateMachine").inputs["definition"]


def test_every_transition_leads_to_a_state(deployed: Graph) -> None:
    """cfn-lint does not follow them."""
    definition = deployed.one("sfn/stateMachine").document("definition")
    for state, known in states(definition):
        assert set(targets(state)) <= known


def test_the_role_may_make_every_call_of_the_machine(deployed: Graph) -> None:
    """A call that the role does not allow would fail at the first import."""
    definition = deployed.one("sfn/stateMachine").document("definition")
    role = deployed.one("iam/role", "list-import").inputs["name"]
    held = {
        action
        for node, statement in deployed.statements("iam/rolePolicy")
        if node.inputs["role"] == role
        for action in statement["Action"]
    }
    for call in integrations(definition):
        service, name = call.split(":")
        assert IAM_ACTIONS.get(call, f"{service}:{name[0].upper()}{name[1:]}") in held, call


def test_the_machine_waits_longer_than_its_steps_run(deployed: Graph) -> None:
    """A step that is still running must not be taken for lost, and started again."""
    timeouts = {node.inputs["name"]: node.inputs["timeout"] for node in deployed.of("lambda/function")}
    by_arn = {arn: timeouts[arn.split(":")[6]] for arn in deployed.outputs["functions"].values()}
    calls = [
        state for state, _ in states(deployed.one("sfn/stateMachine").document("definition")) if "Resource" in state
    ]
    for state in calls:
        if function := state["Parameters"].get("FunctionName"):
            assert state["TimeoutSeconds"] > by_arn[function]
