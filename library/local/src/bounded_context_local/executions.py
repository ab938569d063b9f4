"""Executions of the state machine, and the uploaded files that start them."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bounded_context_cli.command.errors import LocalRunError

from .emulator.aws import Aws
from .periodic import until

START_SECONDS = 20.0
END_SECONDS = 600.0
POLL_SECONDS = 0.1
POLL_SHARE = 0.02
"""Time between two polls of an execution, as a share of the time since the first poll. The emulator answers the polls
with the processor time that the import needs."""
FAILED = "FAILED"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Ended:
    """A completed execution. `outcome` is the outcome in its output, or FAILED."""

    arn: str
    outcome: str
    list_id: str | None
    error: str = ""


def of_path(aws: Aws, machine: str, path: str) -> list[str]:
    """Return the ARNs of the executions that uploads to a path started, oldest first."""
    executions = aws.call("stepfunctions", "list_executions", stateMachineArn=machine, maxResults=1000)["executions"]
    arns = [execution["executionArn"] for execution in sorted(executions, key=lambda execution: execution["startDate"])]
    return [arn for arn in arns if _path(aws, arn) == path]


# Cached because an execution's input never changes, and a kept run has hundreds of executions.
@lru_cache(maxsize=10_000)
def _path(aws: Aws, arn: str) -> str:
    """Return the path of the uploaded file. Transfer's events contain it; S3's events contain bucket and key."""
    announced: dict[str, str] = json.loads(_describe(aws, arn)["input"])
    return announced.get("path") or f"/{announced.get('bucket')}/{announced.get('key')}"


def wait_for_next(aws: Aws, machine: str, path: str, earlier: list[str]) -> str:
    """Wait for an execution that an upload to a path starts, and return its ARN. Ignore the `earlier` executions.

    Raises:
        LocalRunError: no execution started in time; the rule, its pattern or its target is wrong.
    """
    new = until(lambda: [arn for arn in of_path(aws, machine, path) if arn not in earlier], START_SECONDS, POLL_SECONDS)
    if new:
        return new[0]
    raise LocalRunError(f"no execution started in {START_SECONDS:.0f} s after the upload to {path}")


def follow(aws: Aws, arn: str, progress: Progress | None = None) -> Ended:
    """Wait for an execution's end, and call `progress` with the name of the current state at each poll.

    Raises:
        LocalRunError: the execution has not ended in time.
    """
    start = time.monotonic()
    while (description := _describe(aws, arn))["status"] == "RUNNING":
        if (waited := time.monotonic() - start) > END_SECONDS:
            raise LocalRunError(f"the execution {arn} has not ended in {END_SECONDS:.0f} s")
        if progress and (state := _state(aws, arn)):
            progress(state)
        time.sleep(max(POLL_SECONDS, waited * POLL_SHARE))
    return _end_of(aws, description)


def _end_of(aws: Aws, description: dict[str, Any]) -> Ended:
    arn = description["executionArn"]
    if description["status"] == "SUCCEEDED":
        output = json.loads(description["output"])
        return Ended(arn, output["outcome"], output.get("list_id"))
    cause = f"{description['status']} {description.get('error', '')}: {description.get('cause', '')}"
    return Ended(arn, FAILED, _list_id(aws, arn), cause)


def _describe(aws: Aws, arn: str) -> dict[str, Any]:
    return aws.call("stepfunctions", "describe_execution", executionArn=arn)


def _state(aws: Aws, arn: str) -> str | None:
    states = entered(aws, arn)
    return states[-1]["name"] if states else None


def entered(aws: Aws, arn: str) -> list[dict[str, Any]]:
    """Return the entered states of an execution, oldest first, each with its `name` and its `input`."""
    return [event["stateEnteredEventDetails"] for event in history(aws, arn) if "stateEnteredEventDetails" in event]


def _list_id(aws: Aws, arn: str) -> str | None:
    """Return the list id in the first state's output; None before the end of the first state."""
    outputs = [
        event["stateExitedEventDetails"].get("output", "{}")
        for event in history(aws, arn)
        if "stateExitedEventDetails" in event
    ]
    return json.loads(outputs[0]).get("list_id") if outputs else None


def history(aws: Aws, arn: str) -> list[dict[str, Any]]:
    """Return the first 1,000 events of an execution, oldest first."""
    return aws.call("stepfunctions", "get_execution_history", executionArn=arn, maxResults=1000)["events"]


@dataclass(frozen=True)
class Upload:
    """A file that a partner has uploaded to `path`, which is `/<bucket>/<key>`.

    `arrived` is the time at which the upload was complete, in seconds since 1970. `earlier` contains the executions
    that earlier uploads to the path started. `etag` is the object's ETag without quotes, or empty if events lack it.
    """

    path: str
    size: int
    arrived: float
    earlier: list[str]
    etag: str = ""


@dataclass(frozen=True)
class Sent:
    """An event that was put on the bus, with the time in seconds since 1970."""

    time: float
    source: str
    kind: str
    detail: dict[str, Any]
