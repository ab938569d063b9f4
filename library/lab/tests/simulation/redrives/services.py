"""The other services of a redrive: the state machine, the functions, and the bucket of changes that were given up."""

# Parameters have botocore's names.
# ruff: noqa: A002, N803

import json
from collections.abc import Callable
from io import BytesIO
from random import Random
from typing import Any, Final

from botocore.exceptions import ReadTimeoutError

from ..functions import Lambda
from ..profile import LOST
from ..scheduler import Scheduler
from ..services.client_errors import faults
from ..services.retries import retried
from ..services.s3 import Bucket, Version

Answer = dict[str, Any]

_STARTS: Final = faults("StartExecution", "ThrottlingException")
_INVOKES: Final = faults("Invoke", "TooManyRequestsException")
_REFUSED: Final = 0.05
"""The share of batches that the function does not take."""


class SimMachines:
    """The state machine. ``accept`` gets the input of each execution."""

    def __init__(self, gate: Scheduler, slow: float, accept: Callable[[Any], Any]) -> None:
        self._gate = gate
        self._slow = slow
        self._accept = accept

    def start_execution(self, *, stateMachineArn: str, input: str) -> Answer:
        """Send StartExecution."""
        self._gate.sleep(self._slow)
        retried(
            self._gate, f"states.StartExecution {stateMachineArn}", lambda: self._accept(json.loads(input)), _STARTS
        )
        return {"executionArn": "execution"}


class SimReader:
    """The function that reads the table's stream. A call is sent once. ``accept`` gets the number of each record."""

    def __init__(self, gate: Scheduler, slow: float, accept: Callable[[int], Any]) -> None:
        self._gate = gate
        self._slow = slow
        self._accept = accept

    def list_event_source_mappings(self, *, FunctionName: str) -> Answer:
        """Send ListEventSourceMappings."""
        name = f"lambda.ListEventSourceMappings {FunctionName}"
        mappings = [{"BatchSize": 100, "FilterCriteria": {"Filters": []}}]
        return retried(self._gate, name, lambda: {"EventSourceMappings": mappings}, _INVOKES)

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Answer:
        """Send Invoke."""
        records = json.loads(Payload)["Records"]
        answer = self._gate.call(f"lambda.Invoke {FunctionName}", lambda: self._taken(records), _INVOKES)
        self._gate.sleep(self._slow)
        return _answer(answer)

    def _taken(self, records: list[Any]) -> Answer:
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        if self._gate.chance(_REFUSED):
            return {"batchItemFailures": [{"itemIdentifier": numbers[0]}]}
        for number in numbers:
            self._accept(int(number))
        return {"batchItemFailures": []}


class SimSweeper:
    """SweepUploads behind its alias. A call is sent once, and may lose its answer."""

    def __init__(self, gate: Scheduler, functions: Lambda) -> None:
        self._gate = gate
        self._functions = functions

    def invoke(self, *, FunctionName: str, Payload: str) -> Answer:  # noqa: ARG002
        """Send Invoke."""
        invocation = self._functions.invoke("sweep_uploads", json.loads(Payload))
        self._gate.join([invocation])
        rate = self._gate.profile.lost
        if self._gate.fault(LOST, lambda random: _true(random, rate)):
            raise ReadTimeoutError(endpoint_url="https://simulated.invalid/", error="simulated")
        if invocation.dead or invocation.error is not None:
            return {"FunctionError": "Unhandled", **_answer({"errorType": "Error"})}
        return _answer(invocation.result)


def _true(random: Random, rate: float) -> bool | None:
    return True if random.random() < rate else None


def _answer(answer: Any) -> Answer:
    return {"Payload": BytesIO(json.dumps(answer).encode())}


class GivenUp(Bucket):
    """The bucket of changes that were given up; ``deleted`` is called with the key of each deleted object."""

    def __init__(self, name: str, gate: Scheduler, deleted: Callable[[str], None]) -> None:
        super().__init__(name, gate)
        self._deleted = deleted

    def store(self, key: str, data: bytes | None) -> Version:
        """Add a version or a delete marker."""
        if data is None and self.current(key):
            self._deleted(key)
        return super().store(key, data)
