"""The stores of a stack, read from its outputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ...release.rollout.outputs import parsed, read_outputs
from ..redrive.outputs import Stack as DeadLetters


@dataclass(frozen=True)
class Stack:
    """The stores of a stack. `waiting` has the URLs of the queues whose messages a consumer still gets, by name.

    `inbox` is None in a context without lists.
    """

    table: str
    inbox: str | None
    dead_letters: DeadLetters
    waiting: Mapping[str, str]

    @property
    def readers(self) -> list[str]:
        """The ARNs of the functions' aliases that read the table's stream."""
        return [queue.target for queue in self.dead_letters.queues if queue.kind == "stream"]

    @classmethod
    def of(cls, name: str, outputs: Mapping[str, Any]) -> Self:
        """Parse the outputs of the service program. Raises Refused if they are incomplete or another stack's."""
        dead_letters = DeadLetters.of(name, outputs)
        return parsed(lambda outputs: cls._read(dead_letters, outputs), outputs)

    @classmethod
    def _read(cls, dead_letters: DeadLetters, outputs: Mapping[str, Any]) -> Self:
        waiting = {**outputs["queues"], **outputs.get("work_queues", {}), "inbound": outputs["inbound_queue"]}
        return cls(outputs["table_name"], outputs.get("inbox_bucket"), dead_letters, waiting)


def read(stack: str, program: Path, file: Path | None) -> Stack:
    """Return the stores of a stack, from its outputs in `file` or from the Pulumi CLI. Raises Refused."""
    return Stack.of(stack, read_outputs(stack, program, file))
