"""Completion of names by the shell: functions and samples of the kept run. An error completes nothing."""

from collections.abc import Callable

import typer

from ....configuration.project import Project, ProjectError, current
from ...command.errors import LocalRunError
from .. import kept_run
from ..aws import UNANSWERED, Aws
from ..endpoints import Endpoints
from .deployed_function import Deployed
from .events import samples_of
from .names import NoSuchName


def function_names(incomplete: str) -> list[str]:
    """Return the functions of the kept run that begin so."""
    return _beginning(incomplete, lambda _, run: list(run.outputs["functions"]))


def sample_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the samples, of the function that the command line names, that begin so."""

    def names(project: Project, run: Endpoints) -> list[str]:
        function = Deployed.find(Aws(run.emulator), run, ctx.params["function"])
        return list(samples_of(project.context, function.name, function.variables))

    return _beginning(incomplete, names)


def _beginning(incomplete: str, names: Callable[[Project, Endpoints], list[str]]) -> list[str]:
    try:
        project = current()
        return [name for name in names(project, kept_run.find(project)) if name.startswith(incomplete)]
    except (ProjectError, LocalRunError, NoSuchName, KeyError, *UNANSWERED):
        return []
