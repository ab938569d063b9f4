"""The stack `local`: its name, and its settings as one run has them."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ..project import Project
from .deploy.program import stack_config

STACK: Final = "local"

NO_SETTINGS: Final[Mapping[str, object]] = MappingProxyType({})


def region(project: Project) -> str:
    """Return the region that the stack's file names."""
    return stack_config(project.service, STACK)["aws:region"]


def settings(project: Project, more: Mapping[str, object]) -> dict[str, str]:
    """Return the context's settings in the stack's file, with those of this run: as text, without their namespace."""
    prefix = f"{project.context.name}:"
    file = {name.removeprefix(prefix): value for name, value in stack_config(project.service, STACK).items()}
    return file | {name: value if isinstance(value, str) else json.dumps(value) for name, value in more.items()}
