"""A stack's release: its functions, state machine, strategy and hooks, from the stack's outputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_cli.command.outputs import parsed, read_outputs, refuse_others, region_of
from bounded_context_infra.configuration.strategy import Strategy

NO_MACHINE: Final = "none"
"""The name of the absent state machine of a context without lists; other names begin with the context's."""


class NoVersion(Refusal):
    """A function has no version, or its alias has no version number."""


@dataclass(frozen=True)
class Function:
    """A function of the release: its name in the code, its name on AWS, its alias, its deployment group."""

    name: str
    aws_name: str
    alias: str
    group: str


@dataclass(frozen=True)
class Machine:
    """The state machine of the release. Its alarms stop the shift. The ARN is empty in a context without lists."""

    arn: str = ""
    alias_arn: str = ""
    alarms: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name on AWS; `NO_MACHINE` in a context without lists."""
        return self.arn.rpartition(":")[2] or NO_MACHINE


@dataclass(frozen=True)
class Release:
    """The stack's data for a rollout. `hooks` maps `pre_traffic` and `post_traffic` to functions."""

    application: str
    strategy: Strategy
    functions: tuple[Function, ...]
    hooks: Mapping[str, str]
    machine: Machine
    region: str
    table: str

    @classmethod
    def of(cls, outputs: Mapping[str, Any]) -> Self:
        """Parse the outputs of the service program. `parsed` converts its errors."""
        release = outputs["release"]
        return cls(
            application=release["application"],
            strategy=Strategy.parse(release["strategy"]),
            functions=tuple(
                _function(name, outputs["functions"][name], group) for name, group in release["groups"].items()
            ),
            hooks={name: release["hooks"][name] for name in ("pre_traffic", "post_traffic")},
            machine=_machine(outputs) if "workflow_alarms" in release else Machine(),
            region=region_of(outputs),
            table=outputs["table_name"],
        )


def _machine(outputs: Mapping[str, Any]) -> Machine:
    alarms = tuple(outputs["release"]["workflow_alarms"])
    return Machine(outputs["state_machine"], outputs["state_machine_arn"], alarms)


def _function(name: str, alias_arn: str, group: str) -> Function:
    *_, aws_name, alias = alias_arn.split(":")
    return Function(name, aws_name, alias, group)


def read(stack: str, program: Path, file: Path | None) -> Release:
    """Return the release of a stack, from the outputs of `read_outputs`. Raises Refusal."""
    release = parsed(Release.of, read_outputs(stack, program, file))
    refuse_others(release.application, stack)
    return release
