"""What a stack's outputs say about its dead-letter queues."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from ..rollout.errors import Refused
from ..rollout.outputs import read_outputs, refuse_others

UPLOADS = "uploads"
"""The queue of the events that could not start the state machine."""

INBOUND = "inbound"
"""The queue of other contexts' events that this one could not take."""

SUFFIX = "-dead-letters"
"""What the names of all dead-letter queues end with on AWS."""

UNSEEN = "unseen"
"""What uploads that nobody has heard of are called: their events are in no queue."""

SWEEPER = "sweep_uploads"
"""The function that finds them."""

Kind = Literal["subscriber", "work", "inbound", "uploads", "stream", "unseen"]


@dataclass(frozen=True)
class DeadLetterQueue:
    """A dead-letter queue, and where its messages should have gone.

    `target` is the URL of a queue (a subscriber's, the context's own, that of other contexts' events), or the ARN of an
    alias: the state machine's or a function's. Of uploads that nobody has heard of, `url` is the ARN of the alias to
    ask.
    """

    name: str
    url: str
    kind: Kind
    target: str


@dataclass(frozen=True)
class Stack:
    """The dead-letter queues of a stack; `prefix` is what its names on AWS start with, `<context>-<stack>`.

    `unseen` are its uploads that nobody has heard of; None for a stack that was deployed before it could be asked.
    """

    name: str
    prefix: str
    queues: tuple[DeadLetterQueue, ...]
    region: str
    unseen: DeadLetterQueue | None = None

    @classmethod
    def of(cls, name: str, outputs: Mapping[str, Any]) -> Self:
        """Read the outputs of the service program. Raises Refused if they lack something or are another stack's."""
        try:
            prefix = outputs["release"]["application"]
            refuse_others(prefix, name)
            queues = tuple(_queue(queue, url, outputs) for queue, url in outputs["dead_letter_queues"].items())
            return cls(name, prefix, queues, outputs["state_machine_arn"].split(":")[3], _unseen(outputs))
        except KeyError as error:
            raise Refused(f"The outputs have no {error}: deploy the stack with `just deploy` first.") from error
        except (AttributeError, IndexError, TypeError) as error:
            raise Refused(
                f"The outputs are not those of the service program ({error}): deploy the stack again."
            ) from error

    def queue(self, name: str) -> DeadLetterQueue:
        """The queue of this name, or else the one that is also called so. Raises Refused if there is not one."""
        if self.unseen is not None and name == UNSEEN:
            return self.unseen
        own = [queue for queue in self.queues if queue.name == name]
        found = own or [queue for queue in self.queues if name in self._also_called(queue)]
        if len(found) == 1:
            return found[0]
        number = "more than one" if found else "no"
        names = ", ".join([*(queue.name for queue in self.queues), *([UNSEEN] if self.unseen else [])])
        raise Refused(f"{self.name} has {number} dead-letter queue {name!r}: name one of {names}.")

    def _also_called(self, queue: DeadLetterQueue) -> set[str]:
        """Its name on AWS, whole or without the prefix or the suffix; its key in kebab."""
        whole = queue.url.rpartition("/")[2]
        names = {whole, whole.removeprefix(f"{self.prefix}-")}
        return {queue.name.replace("_", "-")} | names | {name.removesuffix(SUFFIX) for name in names}


def read(stack: str, program: Path, file: Path | None) -> Stack:
    """The queues of a stack, by its outputs: those in `file`, or what the Pulumi CLI says in the program's folder.

    Raises Refused.
    """
    return Stack.of(stack, read_outputs(stack, program, file))


def _queue(name: str, url: Any, outputs: Mapping[str, Any]) -> DeadLetterQueue:
    kind, target = _way_back(name, outputs)
    for value in (url, target):
        if not isinstance(value, str):
            raise TypeError(f"{value!r} is not text")
    return DeadLetterQueue(name, url, kind, target)


def _unseen(outputs: Mapping[str, Any]) -> DeadLetterQueue | None:
    sweeper = outputs["functions"].get(SWEEPER)
    return DeadLetterQueue(UNSEEN, sweeper, "unseen", outputs["state_machine_arn"]) if sweeper else None


def _way_back(name: str, outputs: Mapping[str, Any]) -> tuple[Kind, Any]:
    if name == UPLOADS:
        return "uploads", outputs["state_machine_arn"]
    if name == INBOUND:
        return "inbound", outputs["inbound_queue"]
    if name in outputs["functions"]:
        return "stream", outputs["functions"][name]
    # A stack that was deployed before there were any has no such output.
    if name in outputs.get("work_queues", {}):
        return "work", outputs["work_queues"][name]
    return "subscriber", outputs["queues"][name]
