"""The stack `local`: its name, region and settings."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bounded_context_cli.programs import pulumi_files
from bounded_context_cli.programs.pulumi_files import as_text
from bounded_context_cli.programs.recording import REGION
from bounded_context_infra.configuration.partition import AWS, partition_of
from bounded_context_infra.configuration.project import Project

STACK: Final = pulumi_files.LOCAL

NO_SETTINGS: Final[Mapping[str, object]] = MappingProxyType({})


def region(project: Project) -> str:
    """Return the region in the stack's file, or one of the partition `aws`, the only one that is emulated."""
    found = as_text(pulumi_files.config(project.service, STACK)["aws:region"])
    return found if partition_of(found) == AWS else REGION


def settings(project: Project, more: Mapping[str, object]) -> dict[str, str]:
    """Return the settings in the stack's file, overridden by `more`, as text and without their namespace."""
    merged = pulumi_files.settings(project.service, STACK) | dict(more)
    return {name: as_text(value) for name, value in merged.items()}
