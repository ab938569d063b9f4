"""`context check` and its steps."""

import os
import sys
from typing import Annotated

from typer import Context, Option

from bounded_context_infra.configuration.project import Project, ProjectError

from ..command.installed import repository
from ..command.output import refuse
from ..command.values import AsJson
from .selection import NoHistory, Selection, changed, saves, selected
from .steps import run, run_step

WithCredentials = Annotated[
    bool, Option("--with-credentials", help="let the steps see all variables of this shell, also credentials")
]


def check(
    only_changed: Annotated[
        bool, Option("--changed", help="only checks that your uncommitted changes can break")
    ] = False,
    watch: Annotated[bool, Option("--watch", help="as --changed, now and again on each save")] = False,
    with_credentials: WithCredentials = False,
    as_json: AsJson = False,
) -> int:
    """Check settings, style, types, import contracts and fast tests. Writes only to build/.

    The steps see no credentials: neither AWS's files, nor other variables of your shell than those of folders,
    languages and proxies.

    A repository adds steps in its pyproject.toml, or replaces them:

      [tool.bounded-context.check]
      spelling = "typos ."

    Examples:
      context check             all checks
      context check --changed   only checks that your changes can break
      context check --watch     the same on each save, until Ctrl-C
      context check --json      the remedies of each step; progress goes to standard error

    Exit status:
      0    all checks pass
      1    a check fails
      2    the checks cannot run here
      130  Ctrl-C
    """
    try:
        project = repository()
        os.chdir(project.root)
        if watch:
            return _again(project, with_credentials=with_credentials)
        return _check(project, only_changed=only_changed, with_credentials=with_credentials, as_json=as_json)
    except (ProjectError, NoHistory) as error:
        return refuse(str(error))
    except KeyboardInterrupt:
        return 130


def lint() -> int:
    """Check style: `ruff check` and `ruff format --check`.

    Examples:
      context lint

    Exit status:
      0  the style is right
      1  a fault; each has its line
      2  refused: no repository, or another version of the library
    """
    return _step("lint")


def types() -> int:
    """Check types: `pyrefly check`.

    Examples:
      context types

    Exit status:
      0  the types are right
      1  a fault; each has its line
      2  refused: no repository, or another version of the library
    """
    return _step("types")


def imports() -> int:
    """Check the import contracts of pyproject.toml: `lint-imports`.

    Examples:
      context imports

    Exit status:
      0  all contracts are kept
      1  a contract is broken
      2  refused: no repository, or another version of the library
    """
    return _step("imports")


def test(ctx: Context, with_credentials: WithCredentials = False) -> int:
    """Run the fast tests: `pytest`, without credentials. Its arguments may follow.

    Examples:
      context test tests/test_rules.py -k amount
      context test -n auto                         on all processors

    Exit status:
      0    all tests pass
      1    a test fails; other numbers are those of pytest
      2    refused: no repository
      130  Ctrl-C
    """
    return _step("test", ctx.args, with_credentials=with_credentials)


def e2e(ctx: Context, with_credentials: WithCredentials = False) -> int:
    """Run the end-to-end tests on the embedded AWS: `pytest -m e2e`, without credentials. Its arguments may follow.

    Examples:
      context e2e
      context e2e -k list

    Exit status:
      0    all tests pass
      1    a test fails; other numbers are those of pytest
      2    refused: no repository
      130  Ctrl-C
    """
    return _step("e2e", ctx.args, with_credentials=with_credentials)


def fix() -> int:
    """Repair style where ruff can: `ruff format`, `ruff check --fix`, and the format of what that changed.

    Examples:
      context fix

    Exit status:
      0  everything is repaired
      1  a fault remains that a person repairs
      2  refused: no repository, or another version of the library
    """
    return _step("fix")


def _step(name: str, arguments: list[str] | None = None, *, with_credentials: bool = False) -> int:
    try:
        return run_step(repository(), name, arguments or [], with_credentials=with_credentials)
    except ProjectError as error:
        return refuse(str(error))


def _check(project: Project, *, only_changed: bool, with_credentials: bool, as_json: bool = False) -> int:
    if not only_changed:
        return run(project, Selection(), with_credentials=with_credentials, as_json=as_json)
    files, progress = changed(project.root), sys.stderr if as_json else sys.stdout
    if not files:
        progress.write("Nothing has changed since the last commit.\n")
        sys.stdout.write('{"result": "passed", "to_do": {}}\n' if as_json else "")
        return 0
    selection = selected(project, files)
    progress.write(f"{selection}\n")
    return run(project, selection, with_credentials=with_credentials, as_json=as_json)


def _again(project: Project, *, with_credentials: bool) -> int:
    for _ in saves(project.root):
        _check(project, only_changed=True, with_credentials=with_credentials)
        sys.stdout.write("Waiting for the next save; Ctrl-C ends this.\n")
        sys.stdout.flush()
    return 0
