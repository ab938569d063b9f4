"""The stack to restore, read from its outputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bounded_context.declaration.context import Context

from ...release.rollout.outputs import parsed, read_outputs, refuse_others, region_of


@dataclass(frozen=True)
class Target:
    """A stack: its table, the key that encrypts it, and the functions that write aggregates and list records.

    `commands` and `steps` have the names of functions on AWS. `machine` is the ARN of the list workflow, or empty.
    """

    name: str
    table: str
    key_arn: str
    region: str
    commands: tuple[str, ...]
    steps: tuple[str, ...]
    machine: str

    @classmethod
    def of(cls, name: str, outputs: Mapping[str, Any], context: Context[Any]) -> Self:
        """Parse the outputs of the service program. Raises Refused if they are incomplete or another stack's."""
        return parsed(lambda outputs: cls._read(name, outputs, context), outputs)

    @classmethod
    def _read(cls, name: str, outputs: Mapping[str, Any], context: Context[Any]) -> Self:
        refuse_others(outputs["release"]["application"], name)
        aliases = outputs["functions"]
        commands, steps = (
            tuple(aliases[function].split(":")[6] for function in functions)
            for functions in (context.command_functions, context.steps)
        )
        machine = ":".join(outputs["state_machine_arn"].split(":")[:7]) if context.has_lists else ""
        return cls(name, outputs["table_name"], outputs["key_arn"], region_of(outputs), commands, steps, machine)


def read(stack: str, program: Path, file: Path | None, context: Context[Any]) -> Target:
    """Return the target from the outputs in `file`, or from the Pulumi CLI in the program's folder. Raises Refused."""
    return Target.of(stack, read_outputs(stack, program, file), context)
