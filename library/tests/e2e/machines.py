"""State machines beside the deployed one, of its definition: what the emulator's Step Functions cannot do by itself."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

from bounded_context.tools.local import executions
from bounded_context.tools.local.executions import Ended
from bounded_context.tools.local.running.context import RunningContext


def started_impatient(deployed: RunningContext, path: str) -> Ended:
    """Start the deployed machine's definition, with each task tried once, for a file; wait for its end."""
    definition = _definition(deployed)
    for task in _tasks(definition):
        task["Retry"] = []
    return _run(deployed, definition, {"path": path})


def redriven(deployed: RunningContext, arn: str) -> Ended:
    """Do what a redrive does: take up an execution at the state that it entered last and never left, with its input.

    The emulator has no RedriveExecution. AWS takes up the same definition, with all of its retries again.
    """
    entered = [event["stateEnteredEventDetails"] for event in executions.history(deployed.aws, arn) if _entered(event)]
    definition = _definition(deployed) | {"StartAt": entered[-1]["name"]}
    return _run(deployed, definition, json.loads(entered[-1]["input"]))


def seconds_in(deployed: RunningContext, arn: str, state: str) -> float:
    """Return how long an execution was in a state."""
    [entered, left] = [event["timestamp"] for event in executions.history(deployed.aws, arn) if _name(event) == state]
    return (left - entered).total_seconds()


def _entered(event: dict[str, Any]) -> bool:
    return "stateEnteredEventDetails" in event


def _name(event: dict[str, Any]) -> str | None:
    return (event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails") or {}).get("name")


def _definition(deployed: RunningContext) -> dict[str, Any]:
    return json.loads(_machine(deployed)["definition"])


def _machine(deployed: RunningContext) -> dict[str, Any]:
    machine = deployed.outputs["state_machine"]
    return deployed.aws.call("stepfunctions", "describe_state_machine", stateMachineArn=machine)


def _tasks(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("Type") == "Task":
            yield node
        for value in node.values():
            yield from _tasks(value)


def _run(deployed: RunningContext, definition: dict[str, Any], event: dict[str, Any]) -> Ended:
    """Run a machine of a definition, with the role of the deployed one. It stays: its executions would go with it."""
    asked = {"definition": json.dumps(definition), "roleArn": _machine(deployed)["roleArn"]}
    name = f"beside-{uuid.uuid4().hex[:8]}"
    machine = deployed.aws.call("stepfunctions", "create_state_machine", name=name, **asked)["stateMachineArn"]
    started = deployed.aws.call("stepfunctions", "start_execution", stateMachineArn=machine, input=json.dumps(event))
    return executions.follow(deployed.aws, started["executionArn"])
