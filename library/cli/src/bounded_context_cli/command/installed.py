"""The check, at the start of commands, that the installed library is complete and has the repository's version."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from bounded_context_infra.configuration.project import DISTRIBUTION, Project, ProjectError, current

from .deferred import not_installed

_OTHERS: Final = tuple(f"{DISTRIBUTION}-{name}" for name in ("infra", "cli", "operations", "local", "platform", "lab"))
"""The other distributions of the library, which one tag releases together."""

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
    """Return `repository()`, or exit with status 1 and a sentence."""
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


def of_distribution(module: str) -> Any:
    """Import a module of a distribution that needs this one. Raises WrongLibrary if it is not installed."""
    distribution = module.partition(".")[0].replace("_", "-")
    if _installed(distribution) is None:
        raise WrongLibrary(not_installed(distribution))
    return import_module(module)


def check(root: Path) -> None:
    """Raise WrongLibrary if a file of the repository in `root` pins a version other than the installed version.

    Distributions of different versions are wrong, too.
    """
    installed = _installed(DISTRIBUTION)
    for other in _OTHERS:
        if installed and (version_of_other := _installed(other)) not in {None, installed}:
            raise WrongLibrary(
                f"{other} {version_of_other} and {DISTRIBUTION} {installed} are installed: "
                f"pin {other}=={installed} in pyproject.toml, and run `uv sync`."
            )
    for file, pinned in _pinned_versions(root):
        if installed is None:
            raise WrongLibrary(f"{DISTRIBUTION} is not installed, and {file} asks for {pinned}: run `uv sync`.")
        if installed != pinned:
            raise WrongLibrary(f"{DISTRIBUTION} {installed} is installed, and {file} asks for {pinned}: run `uv sync`.")


def _installed(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _pinned_versions(root: Path) -> Iterator[tuple[str, str]]:
    """Yield each version that a file of the repository pins, with the file."""
    for name, form in _FILES.items():
        if (root / name).is_file():
            yield from ((name, pinned) for pinned in form.findall((root / name).read_text(encoding="utf-8")))
