"""The dead-letter queues of a stack, read from its outputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from ...command.aws_errors import Refused
from ...release.rollout.outputs import parsed, read_outputs, refuse_others, region_of

UPLOADS = "uploads"
"""The queue of upload events that could not start the state machine."""

INBOUND = "inbound"
"""The queue of other contexts' events that this context could not process."""

SUFFIX = "-dead-letters"
"""The suffix of all dead-letter queues' names on AWS."""

UNSEEN = "unseen"
"""The name for uploads whose event was lost; their events are in no queue."""

SWEEPER = "sweep_uploads"
"""The function that finds these uploads."""

Kind = Literal["subscriber", "work", "inbound", "uploads", "stream", "unseen"]


@dataclass(frozen=True)
class DeadLetterQueue:
    """A dead-letter queue, and the destination of its messages.

    `target` is the URL of a queue (a subscriber's, a work queue, or the inbound queue), or the ARN of an alias of the
    state machine or of a function. For uploads whose event was lost, `url` is the ARN of the sweeper's alias.
    """

    name: str
    url: str
    kind: Kind
    target: str


@dataclass(frozen=True)
class Stack:
    """The dead-letter queues of a stack; `prefix` is the prefix of its names on AWS, `<context>-<stack>`.

    `unseen` is the source of uploads whose event was lost; None for stacks deployed before `sweep_uploads` existed.
    """

    name: str
    prefix: str
    table: str
    queues: tuple[DeadLetterQueue, ...]
    region: str
    unseen: DeadLetterQueue | None = None

    @classmethod
    def of(cls, name: str, outputs: Mapping[str, Any]) -> Self:
        """Parse the outputs of the service program. Raises Refused if they are incomplete or another stack's."""
        return parsed(lambda outputs: cls._read(name, outputs), outputs)

    @classmethod
    def _read(cls, name: str, outputs: Mapping[str, Any]) -> Self:
        prefix = outputs["release"]["application"]
        refuse_others(prefix, name)
        queues = tuple(_queue(queue, url, outputs) for queue, url in outputs["dead_letter_queues"].items())
        return cls(name, prefix, outputs["table_name"], queues, region_of(outputs), _unseen(outputs))

    def queue(self, name: str) -> DeadLetterQueue:
        """Return the queue with this name or alternative name. Raises Refused unless exactly one matches."""
        if self.unseen is not None and name == UNSEEN:
            return self.unseen
        own = [queue for queue in self.queues if queue.name == name]
        found = own or [queue for queue in self.queues if name in self._alternative_names(queue)]
        if len(found) == 1:
            return found[0]
        number = "more than one" if found else "no"
        names = ", ".join([*(queue.name for queue in self.queues), *([UNSEEN] if self.unseen else [])])
        raise Refused(f"{self.name} has {number} dead-letter queue {name!r}: name one of {names}.")

    def _alternative_names(self, queue: DeadLetterQueue) -> set[str]:
        """Return a queue's other names: its name on AWS with or without prefix and suffix, its key in kebab-case."""
        full_name = queue.url.rpartition("/")[2]
        names = {full_name, full_name.removeprefix(f"{self.prefix}-")}
        return {queue.name.replace("_", "-")} | names | {name.removesuffix(SUFFIX) for name in names}


def read(stack: str, program: Path, file: Path | None) -> Stack:
    """Return the queues of a stack, from its outputs in `file` or from the Pulumi CLI in the program's folder.

    Raises Refused.
    """
    return Stack.of(stack, read_outputs(stack, program, file))


def _queue(name: str, url: Any, outputs: Mapping[str, Any]) -> DeadLetterQueue:
    kind, target = _destination(name, outputs)
    for value in (url, target):
        if not isinstance(value, str):
            raise TypeError(f"{value!r} is not text")
    return DeadLetterQueue(name, url, kind, target)


def _unseen(outputs: Mapping[str, Any]) -> DeadLetterQueue | None:
    sweeper = outputs["functions"].get(SWEEPER)
    return DeadLetterQueue(UNSEEN, sweeper, "unseen", outputs["state_machine_arn"]) if sweeper else None


def _destination(name: str, outputs: Mapping[str, Any]) -> tuple[Kind, Any]:
    if name == UPLOADS:
        return "uploads", outputs["state_machine_arn"]
    if name == INBOUND:
        return "inbound", outputs["inbound_queue"]
    if name in outputs["functions"]:
        return "stream", outputs["functions"][name]
    # Stacks deployed by older versions lack this output.
    if name in outputs.get("work_queues", {}):
        return "work", outputs["work_queues"][name]
    return "subscriber", outputs["queues"][name]
