"""`context check` and its steps."""

import os
import sys
from typing import Annotated

from typer import Context, Option

from bounded_context_infra.configuration.project import Project, ProjectError

from ..command.installed import repository
from ..command.output import refuse
from .selection import NoHistory, Selection, changed, saves, selected
from .steps import run, run_step


def check(
    only_changed: Annotated[
        bool, Option("--changed", help="only checks that your uncommitted changes can break")
    ] = False,
    watch: Annotated[bool, Option("--watch", help="as --changed, now and again on each save")] = False,
) -> int:
    """Check settings, style, types, import contracts and fast tests. Writes only to build/.

    A repository adds steps in its pyproject.toml, or replaces them:

      [tool.bounded-context.check]
      spelling = "typos ."

    Examples:
      context check             all checks
      context check --changed   only checks that your changes can break
      context check --watch     the same on each save, until Ctrl-C

    Exit status:
      0    all checks pass
      1    a check fails
      2    the checks cannot run here
      130  Ctrl-C
    """
    try:
        project = repository()
        os.chdir(project.root)
        return _again(project) if watch else _check(project, only_changed=only_changed)
    except (ProjectError, NoHistory) as error:
        return refuse(str(error))
    except KeyboardInterrupt:
        return 130


def lint() -> int:
    """Check style: `ruff check` and `ruff format --check`."""
    return _step("lint")


def types() -> int:
    """Check types: `pyrefly check`."""
    return _step("types")


def imports() -> int:
    """Check the import contracts of pyproject.toml: `lint-imports`."""
    return _step("imports")


def test(ctx: Context) -> int:
    """Run the fast tests: `pytest`. Its arguments may follow.

    Examples:
      context test tests/test_rules.py -k amount
      context test -n auto                         on all processors
    """
    return _step("test", ctx.args)


def e2e(ctx: Context) -> int:
    """Run the end-to-end tests on the embedded AWS: `pytest -m e2e`. Its arguments may follow."""
    return _step("e2e", ctx.args)


def fix() -> int:
    """Repair style where ruff can: `ruff format`, `ruff check --fix`, and the format of what that changed."""
    return _step("fix")


def _step(name: str, arguments: list[str] | None = None) -> int:
    try:
        return run_step(repository(), name, arguments or [])
    except ProjectError as error:
        return refuse(str(error))


def _check(project: Project, *, only_changed: bool) -> int:
    if not only_changed:
        return run(project, Selection())
    files = changed(project.root)
    if not files:
        sys.stdout.write("Nothing has changed since the last commit.\n")
        return 0
    selection = selected(project, files)
    sys.stdout.write(f"{selection}\n")
    return run(project, selection)


def _again(project: Project) -> int:
    for _ in saves(project.root):
        _check(project, only_changed=True)
        sys.stdout.write("Waiting for the next save; Ctrl-C ends this.\n")
        sys.stdout.flush()
    return 0
