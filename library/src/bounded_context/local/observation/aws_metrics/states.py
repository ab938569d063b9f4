"""AWS/States, by state machine. All of it is measured: the emulator keeps the executions and their times."""

from collections.abc import Iterator
from typing import Any

from ...aws import Aws
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
    """Return a state machine's executions, without the children of its maps."""
    pages = aws.client("stepfunctions").get_paginator("list_executions")
    return [one for page in pages.paginate(stateMachineArn=machine) for one in page["executions"]]


def samples(machine: str, found: list[dict[str, Any]]) -> Iterator[Sample]:
    """Yield what executions leave behind, each end with zeros for the other ends."""
    dimensions = {"StateMachineArn": machine}
    for one in found:
        began = one["startDate"].timestamp()
        yield Sample(NAMESPACE, "ExecutionsStarted", dimensions, "Count", began, 1)
        if one["status"] in ENDS:
            ended = one["stopDate"].timestamp()
            for status, metric in ENDS.items():
                yield Sample(NAMESPACE, metric, dimensions, "Count", ended, int(one["status"] == status))
            yield Sample(NAMESPACE, "ExecutionTime", dimensions, "Milliseconds", ended, (ended - began) * 1000)
