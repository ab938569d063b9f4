"""AWS/States, by state machine. All metrics are measured: the emulator stores the executions and their times."""

from collections.abc import Iterator
from typing import Any

from ...emulator.aws import Aws
from ..samples import Sample

NAMESPACE = "AWS/States"
ENDS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
NAMES = ("ExecutionsStarted", *ENDS.values(), "ExecutionTime")


def executions(aws: Aws, machine: str) -> list[dict[str, Any]]:
    """Return a state machine's executions, without child executions of distributed maps."""
    pages = aws.client("stepfunctions").get_paginator("list_executions")
    return [execution for page in pages.paginate(stateMachineArn=machine) for execution in page["executions"]]


def samples(machine: str, found: list[dict[str, Any]]) -> Iterator[Sample]:
    """Yield the samples of executions; each completion has zeros for the other final statuses."""
    dimensions = {"StateMachineArn": machine}
    for execution in found:
        began = execution["startDate"].timestamp()
        yield Sample(NAMESPACE, "ExecutionsStarted", dimensions, "Count", began, 1)
        if execution["status"] in ENDS:
            ended = execution["stopDate"].timestamp()
            for status, metric in ENDS.items():
                yield Sample(NAMESPACE, metric, dimensions, "Count", ended, int(execution["status"] == status))
            yield Sample(NAMESPACE, "ExecutionTime", dimensions, "Milliseconds", ended, (ended - began) * 1000)
