"""The comparison of a repository with a bake of its version, file by file."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..library import FOLDER, NAME, wheels
from .bakes import bakes_of
from .differences import File, differences
from .errors import CannotTell
from .owners import Owner
from .pins import PINNED, is_of_library, pinned
from .releases import Release, behind, newest
from .repository import Repository, open_repository
from .sources import sources, updatable


@dataclass(frozen=True)
class Library:
    """The versions of the library in a repository; an empty string marks a missing version."""

    pinned: str
    """The version in `pyproject.toml`."""
    locked: str
    """The version in `uv.lock`."""
    wheel: str
    """The version of the wheels in `vendor/`."""
    missing: tuple[str, ...]
    """The files of wheels that pyproject.toml names and `vendor/` lacks."""


@dataclass(frozen=True)
class Report:
    """The result of a check; ``behind`` is the number of versions between ``version`` and ``newest``."""

    repository: Repository
    newest: str
    behind: int
    library: Library
    files: tuple[File, ...]
    faults: tuple[str, ...]
    """Contradictions between versions, and edited answers, as sentences."""

    @property
    def version(self) -> str:
        """The version of the template that the repository follows."""
        return self.repository.version

    @property
    def drifted(self) -> tuple[str, ...]:
        """The paths of the template's own files that differ from the bake."""
        return tuple(file.path for file in self.files if file.owner is Owner.TEMPLATE)

    @property
    def in_step(self) -> bool:
        """Whether the repository has neither drifted files nor faults. A newer version of the template is not drift."""
        return not self.drifted and not self.faults


def inspect(folder: Path) -> Report:
    """Check a repository against a bake of its version and answers.

    Raises:
        CannotTell: the folder is not a repository of this template, or its version's sources are not available.
    """
    [report_or_error] = inspect_all([open_repository(folder)])
    if isinstance(report_or_error, CannotTell):
        raise report_or_error
    return report_or_error


def inspect_all(repositories: Sequence[Repository]) -> list[Report | CannotTell]:
    """Check repositories as `inspect` does; return the report of each, or its error."""
    outcomes: dict[Path, Report | CannotTell] = {}
    releases = defaultdict[Release, list[Repository]](list)
    for repository in repositories:
        try:
            releases[updatable(repository.folder, repository.version)].append(repository)
        except CannotTell as error:
            outcomes[repository.folder] = error
    for release, same in releases.items():
        reports = zip(same, _of_release(release, same), strict=True)
        outcomes |= {repository.folder: report for repository, report in reports}
    return [outcomes[repository.folder] for repository in repositories]


def _of_release(release: Release, repositories: Sequence[Repository]) -> list[Report | CannotTell]:
    try:
        with sources(release) as tree, TemporaryDirectory(prefix="template-") as scratch:
            bakes = bakes_of(release, tree, [repository.answers for repository in repositories], Path(scratch))
            return [_report(repository, baked) for repository, baked in zip(repositories, bakes, strict=True)]
    except CannotTell as error:
        return [error] * len(repositories)


def _report(repository: Repository, baked: Path | CannotTell) -> Report | CannotTell:
    if isinstance(baked, CannotTell):
        return baked
    try:
        library = library_of(repository.folder)
    except CannotTell as error:
        return error
    return Report(
        repository,
        newest().version,
        behind(repository.version),
        library,
        tuple(differences(baked, repository.folder)),
        tuple(_faults(repository, library)),
    )


def library_of(folder: Path) -> Library:
    """Return the versions of the library in a repository. Raises CannotTell if a file cannot be read."""
    document = _toml(folder / PINNED)
    project, sources = document.get("project", {}), document.get("tool", {}).get("uv", {}).get("sources", {})
    files = [source["path"] for name, source in sources.items() if "path" in source and is_of_library(name)]
    pins = (pinned(str(requirement)) for requirement in project.get("dependencies", []))
    packages = _toml(folder / "uv.lock").get("package", [])
    vendored = sorted({path.name.split("-")[1] for path in wheels(folder)})
    return Library(
        pinned=next(filter(None, pins), ""),
        locked=next((package["version"] for package in packages if package.get("name") == NAME), ""),
        wheel=", ".join(vendored),
        missing=tuple(file for file in files if not (folder / file).exists()),
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotTell(f"{path} cannot be read: {error}") from None


def _faults(repository: Repository, library: Library) -> Iterator[str]:
    if repository.edited:
        yield "The answers in .template.json were edited: restore them; `template update --answer` changes them."
    number = repository.version
    if library.pinned != number:
        yield f"pyproject.toml names the library {library.pinned or 'without a version'}, and the template is {number}."
    if library.locked and library.locked != library.pinned:
        yield f"uv.lock has the library {library.locked}, and pyproject.toml {library.pinned}: run `uv lock`."
    if repository.answers.get("library") == "wheel" and library.wheel != number:
        content = f"the library {library.wheel}" if library.wheel else "no library"
        yield f"{FOLDER}/ has {content}, and the template is {number}."
    elif library.missing:
        yield f"{FOLDER}/ lacks {', '.join(library.missing)}: restore the files."
