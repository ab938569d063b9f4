"""The parts of a stack that a reseed uses, read from the stack's outputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ...command.aws_errors import Refused
from ...release.rollout.outputs import parsed, read_outputs, refuse_others


@dataclass(frozen=True)
class Target:
    """The table and the topic of a stack, and the queue of a subscriber by its URL and its ARN."""

    stack: str
    subscriber: str
    table: str
    topic_arn: str
    queue_url: str
    queue_arn: str

    @property
    def region(self) -> str:
        """The region of the stack."""
        return self.topic_arn.split(":")[3]

    @classmethod
    def of(cls, stack: str, subscriber: str, outputs: Mapping[str, Any]) -> Self:
        """Parse the outputs of the service program. Raises Refused."""
        refuse_others(outputs["release"]["application"], stack)
        queues = outputs["queues"]
        if subscriber not in queues:
            raise Refused(f"{stack} has no subscriber {subscriber!r}: name one of {', '.join(queues) or 'none'}.")
        arn = outputs["queue_arns"][subscriber]
        return cls(stack, subscriber, outputs["table_name"], outputs["topic_arn"], queues[subscriber], arn)


def read(stack: str, subscriber: str, program: Path, file: Path | None) -> Target:
    """Return the target, from the outputs in `file` or from the Pulumi CLI in the program's folder. Raises Refused."""
    return parsed(lambda outputs: Target.of(stack, subscriber, outputs), read_outputs(stack, program, file))
