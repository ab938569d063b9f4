"""State machines beside the deployed one, of its definition: what the emulator's Step Functions cannot do by itself."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

from bounded_context_lab.storm.checks import redrive
from bounded_context_local import stack_state
from bounded_context_local.running.context import RunningContext
from bounded_context_local.stack_state import Ended


def started_impatient(deployed: RunningContext, path: str) -> Ended:
    """Start the deployed machine's definition, with each task tried once, for a file; wait for its end."""
    definition = _definition(deployed)
    for task in _tasks(definition):
        task["Retry"] = []
    return _run(deployed, definition, {"path": path})


def redriven(deployed: RunningContext, arn: str) -> Ended:
    """Do what a redrive does, and wait for the end."""
    return stack_state.follow(deployed.aws, redrive(deployed, arn))


def calls_in(deployed: RunningContext, arn: str, state: str) -> int:
    """Return the number of a task's calls in an execution, retries included."""
    events = stack_state.history(deployed.aws, arn)
    [entered, exited] = [number for number, event in enumerate(events) if _name(event) == state]
    return sum(event["type"] == "TaskScheduled" for event in events[entered:exited])


def succeeded_in_last_map(deployed: RunningContext, arn: str) -> int:
    """Return the number of items that the last map of an execution processed."""
    runs = deployed.aws.call("stepfunctions", "list_map_runs", executionArn=arn)["mapRuns"]
    last = max(runs, key=lambda run: run["startDate"])["mapRunArn"]
    return deployed.aws.call("stepfunctions", "describe_map_run", mapRunArn=last)["itemCounts"]["succeeded"]


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
    parameters = {"definition": json.dumps(definition), "roleArn": _machine(deployed)["roleArn"]}
    name = f"beside-{uuid.uuid4().hex[:8]}"
    machine = deployed.aws.call("stepfunctions", "create_state_machine", name=name, **parameters)["stateMachineArn"]
    started = deployed.aws.call("stepfunctions", "start_execution", stateMachineArn=machine, input=json.dumps(event))
    return stack_state.follow(deployed.aws, started["executionArn"])
