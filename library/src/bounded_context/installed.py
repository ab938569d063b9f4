"""Whether the library that runs is whole, and the one that the repository asks for: commands ask it first."""

import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from .project import Project, ProjectError, current

DISTRIBUTION: Final = "bounded-context"

_FILES: Final = {
    "pyproject.toml": re.compile(rf'["\']{DISTRIBUTION}(?:\[[^]]*\])?\s*==\s*([^\s;,"\']+)'),
    "uv.lock": re.compile(rf'^name = "{DISTRIBUTION}"\nversion = "([^"]+)"$', re.MULTILINE),
}
"""What says in which version the repository wants the library."""


class WrongLibrary(ProjectError):
    """The library is not whole, or of a version other than the repository asks for; the message says what to run."""


def repository() -> Project:
    """Return the current repository, as `project.current` does, if the library is the one that it asks for.

    Raises:
        NoProject: there is no repository of a context here.
        WrongLibrary: the library is of another version, or not installed.
    """
    project = current()
    check(project.root)
    return project


def repository_or_exit() -> Project:
    """Return `repository()`, or end the process with status 1 and one sentence."""
    try:
        return repository()
    except ProjectError as error:
        sys.exit(str(error))


def check(root: Path) -> None:
    """Raise WrongLibrary if a file of the repository in `root` names a version other than that which is installed."""
    there = _installed()
    for file, wanted in _wanted(root):
        if there is None:
            raise WrongLibrary(f"{DISTRIBUTION} is not installed, and {file} asks for {wanted}: run `uv sync`.")
        if there != wanted:
            raise WrongLibrary(f"{DISTRIBUTION} {there} is installed, and {file} asks for {wanted}: run `uv sync`.")


def command(module: str) -> Callable[[], Any]:
    """Return the `main` of a module of the library, such as ``rollout.cli``.

    Where something that it imports is not installed, the process ends with status 1 and one sentence.
    """
    try:
        return import_module(f"{__package__}.{module}").main
    except ModuleNotFoundError as error:
        sys.exit(f"{DISTRIBUTION} is not installed whole, {error.name} is missing: run `uv sync`.")


def _installed() -> str | None:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return None


def _wanted(root: Path) -> Iterator[tuple[str, str]]:
    """Each version that a file of the repository names, with the file."""
    for name, form in _FILES.items():
        if (root / name).is_file():
            yield from ((name, wanted) for wanted in form.findall((root / name).read_text(encoding="utf-8")))
