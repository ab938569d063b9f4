"""The parts of a stack that a list uses, read from the stack's outputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ...command.aws_errors import Refused
from ...release.rollout.outputs import parsed, read_outputs, refuse_others


@dataclass(frozen=True)
class Stack:
    """The table, the inbox and the topic of a stack."""

    name: str
    table: str
    inbox: str
    topic_arn: str

    @property
    def region(self) -> str:
        """The region of the stack."""
        return self.topic_arn.split(":")[3]

    @classmethod
    def of(cls, name: str, outputs: Mapping[str, Any]) -> Self:
        """Parse the outputs of the service program. Raises Refused."""
        refuse_others(outputs["release"]["application"], name)
        if "inbox_bucket" not in outputs:
            raise Refused(f"{name} has no lists: its context declares none, or its outputs are of another stack.")
        return cls(name, outputs["table_name"], outputs["inbox_bucket"], outputs["topic_arn"])


def read(stack: str, program: Path, file: Path | None) -> Stack:
    """Return the stack, from the outputs in `file` or from the Pulumi CLI in the program's folder. Raises Refused."""
    return parsed(lambda outputs: Stack.of(stack, outputs), read_outputs(stack, program, file))
