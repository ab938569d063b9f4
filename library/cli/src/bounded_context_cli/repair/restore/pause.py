"""The pause of a stack: its stream readers, its commands and the steps of its list workflow."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from ...command.aws_errors import Refused
from ...command.clock import Clock
from .progress import Progress
from .target import Target

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_stepfunctions import SFNClient

_POLL_SECONDS: Final = 2
_MOST_POLLS: Final = 150
"""Polls of a mapping: 5 minutes."""

_WRITES_PER_SECOND: Final = 1000
"""Restored items in a second, with the latencies that `benchmarks/restore.py` assumes."""


@dataclass(frozen=True)
class Pause:
    """The pause of a stack.

    A function without concurrency throttles all calls. Step Functions and S3's events retry throttled calls for most of
    an hour. Callers of commands get an error. A disabled mapping reads on from its position.
    """

    client: "LambdaClient"
    machines: "SFNClient"
    target: Target
    clock: Clock
    beat: Callable[[], None]
    """Called at least every some seconds during a wait."""

    def require_idle(self) -> None:
        """Raise Refused while lists are imported: the retriers of throttled steps end after 50 attempts."""
        if not self.target.machine:
            return
        running = self.machines.list_executions(stateMachineArn=self.target.machine, statusFilter="RUNNING")
        if names := [execution["name"] for execution in running["executions"]]:
            raise Refused(
                f"{len(names)} executions of {self.target.machine} run ({names[0]}, ...): run the command again after"
                " their end. `context list close` ends an import that hangs."
            )

    def seconds(self, items: int) -> int:
        """Return about the seconds of a pause in which a number of items is written."""
        return max(self._longest_call(), items // _WRITES_PER_SECOND) + -(-items // _WRITES_PER_SECOND)

    def survey(self, at: datetime, stream_arn: str, selection: str) -> Progress:
        """Return the state that `resume` restores. Raises Refused if no reader of the stream is enabled."""
        pages = self.client.get_paginator("list_event_source_mappings").paginate(EventSourceArn=stream_arn)
        mappings = [mapping for page in pages for mapping in page["EventSourceMappings"]]
        enabled = tuple(mapping.get("UUID", "") for mapping in mappings if mapping.get("State") == "Enabled")
        if not enabled or len(enabled) < len(mappings):
            states = ", ".join(f"{mapping.get('FunctionArn')}: {mapping.get('State')}" for mapping in mappings)
            raise Refused(
                f"Not every reader of the table's stream is enabled ({states or 'there is none'}): enable it."
            )
        functions = (*self.target.commands, *self.target.steps)
        reserved = {name: self._reserved(name) for name in functions}
        return Progress(at=at, mappings=enabled, functions=reserved, selection=selection)

    def stop(self, progress: Progress) -> None:
        """Pause the stack. May be repeated.

        Raises:
            Refused: a reader of the stream does not stop.
        """
        for name in progress.functions:
            self.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        for uuid in progress.mappings:
            self.client.update_event_source_mapping(UUID=uuid, Enabled=False)
        for uuid in progress.mappings:
            self._wait_until_disabled(uuid)

    def wait_for_calls(self, paused: datetime) -> None:
        """Wait until the longest timeout of a command after the pause. A call that runs meanwhile may still write."""
        end = paused + timedelta(seconds=self._longest_call())
        while self.clock.now() < end:
            self.clock.sleep(_POLL_SECONDS)
            self.beat()

    def resume(self, progress: Progress) -> None:
        """Restore the state before the pause, where it differs. May be repeated."""
        for name, reserved in progress.functions.items():
            if self._reserved(name) == reserved:
                continue
            if reserved is None:
                self.client.delete_function_concurrency(FunctionName=name)
            else:
                self.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
        for uuid in progress.mappings:
            if self._state(uuid) not in ("Enabled", "Enabling"):
                self.client.update_event_source_mapping(UUID=uuid, Enabled=True)

    def is_on(self, progress: Progress) -> bool:
        """Return whether a function or a reader of the stack is still stopped."""
        readers = (self._state(uuid) not in ("Enabled", "Enabling") for uuid in progress.mappings)
        return any(self._reserved(name) != reserved for name, reserved in progress.functions.items()) or any(readers)

    def _longest_call(self) -> int:
        found = (self.client.get_function_configuration(FunctionName=name) for name in self.target.commands)
        return max((one.get("Timeout", 0) for one in found), default=0)

    def _reserved(self, name: str) -> int | None:
        return self.client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")

    def _state(self, uuid: str) -> str:
        return self.client.get_event_source_mapping(UUID=uuid).get("State", "")

    def _wait_until_disabled(self, uuid: str) -> None:
        for _ in range(_MOST_POLLS):
            if self._state(uuid) == "Disabled":
                return
            self.clock.sleep(_POLL_SECONDS)
            self.beat()
        raise Refused(f"The event source mapping {uuid} does not stop: see its state in Lambda's console.")
