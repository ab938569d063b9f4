"""The check, at the start of commands, that the installed library is complete and has the repository's version."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from bounded_context_infra.configuration.project import DISTRIBUTION, Project, ProjectError, current

_FILES: Final = {
    "pyproject.toml": re.compile(rf'["\']{DISTRIBUTION}(?:\[[^]]*\])?\s*==\s*([^\s;,"\']+)'),
    "uv.lock": re.compile(rf'^name = "{DISTRIBUTION}"\nversion = "([^"]+)"$', re.MULTILINE),
}
"""The files that pin the library's version, with the pattern of the pin."""


class WrongLibrary(ProjectError):
    """An incomplete library, or a version that the repository does not pin; the message contains the remedy."""


def repository() -> Project:
    """Return the current repository, as `project.current` does, if the installed library has the pinned version.

    Raises:
        NoProject: the current folder is in no repository of a context.
        WrongLibrary: the library has another version, or is not installed.
    """
    project = current()
    check(project.root)
    return project


def repository_or_exit() -> Project:
    """Return `repository()`, or exit with status 1 and one sentence."""
    try:
        return repository()
    except ProjectError as error:
        sys.exit(str(error))


@contextmanager
def installed_packages() -> Iterator[None]:
    """Exit with status 1 and the remedy if an import in the block finds no package. For imports inside a function."""
    try:
        yield
    except ModuleNotFoundError as error:
        sys.exit(f"the package {error.name} is not installed: run `uv sync`.")


def check(root: Path) -> None:
    """Raise WrongLibrary if a file of the repository in `root` pins a version other than the installed version."""
    installed = _installed()
    for file, wanted in _wanted(root):
        if installed is None:
            raise WrongLibrary(f"{DISTRIBUTION} is not installed, and {file} asks for {wanted}: run `uv sync`.")
        if installed != wanted:
            raise WrongLibrary(f"{DISTRIBUTION} {installed} is installed, and {file} asks for {wanted}: run `uv sync`.")


def _installed() -> str | None:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return None


def _wanted(root: Path) -> Iterator[tuple[str, str]]:
    """Yield each version that a file of the repository pins, with the file."""
    for name, form in _FILES.items():
        if (root / name).is_file():
            yield from ((name, wanted) for wanted in form.findall((root / name).read_text(encoding="utf-8")))
