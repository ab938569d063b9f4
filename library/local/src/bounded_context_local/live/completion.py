"""Completion of names by the shell: functions and samples of the kept run. An error completes nothing."""

from collections.abc import Callable

from bounded_context_cli.command.errors import LocalRunError
from bounded_context_infra.configuration.project import Project, ProjectError, current

from ..emulator.aws import UNANSWERED, Aws
from ..emulator.endpoints import Endpoints
from ..running import kept_run
from .events import samples_of
from .function import Deployed


def function_names(incomplete: str) -> list[str]:
    """Return the functions of the kept run that begin with the incomplete word."""
    return _beginning(incomplete, lambda _, run: list(run.outputs["functions"]))


def sample_names(function: str, incomplete: str) -> list[str]:
    """Return the samples of a function that begin with the incomplete word."""

    def names(project: Project, run: Endpoints) -> list[str]:
        found = Deployed.find(Aws(run.emulator), run, function)
        return list(samples_of(project.context, found.name, found.variables))

    return _beginning(incomplete, names)


def _beginning(incomplete: str, names: Callable[[Project, Endpoints], list[str]]) -> list[str]:
    try:
        project = current()
        return [name for name in names(project, kept_run.find(project)) if name.startswith(incomplete)]
    except (ProjectError, LocalRunError, KeyError, *UNANSWERED):
        return []
