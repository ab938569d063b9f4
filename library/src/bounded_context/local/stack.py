"""The stack `local`: its name, and its settings as one run has them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .. import pulumi_files
from ..project import Project
from ..pulumi_files import as_text
from .deploy.program import stack_config

STACK: Final = "local"

NO_SETTINGS: Final[Mapping[str, object]] = MappingProxyType({})


def region(project: Project) -> str:
    """Return the region that the stack's file names."""
    return stack_config(project.service, STACK)["aws:region"]


def settings(project: Project, more: Mapping[str, object]) -> dict[str, str]:
    """Return the context's settings in the stack's file, with those of this run: as text, without their namespace."""
    said = pulumi_files.settings(project.service, STACK) | dict(more)
    return {name: as_text(value) for name, value in said.items()}
