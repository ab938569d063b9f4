"""The stack `local`: its name, region and settings."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ....configuration.partition import AWS, partition_of
from ....configuration.project import Project
from ...programs import pulumi_files
from ...programs.pulumi_files import as_text
from ...programs.recording import REGION

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
