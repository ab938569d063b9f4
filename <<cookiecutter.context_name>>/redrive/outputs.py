"""What a stack's outputs say about its dead-letter queues."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from rollout.errors import Refused
from rollout.outputs import read_outputs, refuse_others

UPLOADS = "uploads"
"""The queue of the events that could not start the state machine."""

Kind = Literal["subscriber", "uploads", "stream"]


@dataclass(frozen=True)
class DeadLetters:
    """A dead-letter queue, and where its letters should have gone.

    `target` is the URL of a subscriber's queue, or the ARN of an alias: the state machine's or a function's.
    """

    name: str
    url: str
    kind: Kind
    target: str


@dataclass(frozen=True)
class Stack:
    """The dead-letter queues of a stack."""

    name: str
    queues: tuple[DeadLetters, ...]
    region: str

    @classmethod
    def of(cls, name: str, outputs: Mapping[str, Any]) -> Self:
        """Read the outputs of the service program. Raises Refused if they lack something or are another stack's."""
        try:
            refuse_others(outputs["release"]["application"], name)
            queues = tuple(_queue(queue, url, outputs) for queue, url in outputs["dead_letter_queues"].items())
            return cls(name, queues, outputs["state_machine_arn"].split(":")[3])
        except KeyError as error:
            raise Refused(f"The outputs have no {error}: deploy the stack with `just deploy` first.") from error
        except (AttributeError, IndexError, TypeError) as error:
            raise Refused(
                f"The outputs are not those of the service program ({error}): deploy the stack again."
            ) from error

    def queue(self, name: str) -> DeadLetters:
        """The queue of this name. Raises Refused if there is none."""
        for queue in self.queues:
            if queue.name == name:
                return queue
        names = ", ".join(queue.name for queue in self.queues)
        raise Refused(f"{self.name} has no dead-letter queue {name!r}: name one of {names}.")


def read(stack: str, file: Path | None) -> Stack:
    """The queues of a stack, by the outputs in `file` or else by those that the Pulumi CLI has. Raises Refused."""
    return Stack.of(stack, read_outputs(stack, file))


def _queue(name: str, url: str, outputs: Mapping[str, Any]) -> DeadLetters:
    if name == UPLOADS:
        return DeadLetters(name, url, "uploads", outputs["state_machine_arn"])
    if name in outputs["functions"]:
        return DeadLetters(name, url, "stream", outputs["functions"][name])
    return DeadLetters(name, url, "subscriber", outputs["queues"][name])
