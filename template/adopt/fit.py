"""The version of the template whose bake fits a repository best."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from ..record import FILE
from ..upkeep.bakes import bakes_of
from ..upkeep.differences import File, differences
from ..upkeep.errors import CannotTell
from ..upkeep.releases import Release, releases
from ..upkeep.sources import sources


class Certainty(StrEnum):
    """How sure it is that a repository was baked by a version."""

    SURE = "sure"
    """The library's pinned version is the same, and the other bakes differ in more files."""
    LIKELY = "likely"
    """The other bakes differ in more files, or lines, but the library is pinned to another version."""
    UNSURE = "unsure"
    """Another bake fits as well, or more than half of the files differ."""


@dataclass(frozen=True)
class Fit:
    """The comparison of a repository with the bake of a version; ``record`` is the bake's `.template.json`."""

    release: Release
    record: bytes
    files: tuple[File, ...]
    """The files of the bake that the repository changed or lacks, without the record."""
    count: int
    """The number of the bake's files."""

    @property
    def distance(self) -> tuple[int, int]:
        """The number of different files and lines."""
        lines = (line for file in self.files for line in file.diff.splitlines()[4:])
        return len(self.files), sum(line.startswith(("+", "-")) for line in lines)


def fits(folder: Path, answers: Mapping[str, str], libraries: Collection[str]) -> tuple[list[Fit], list[CannotTell]]:
    """Return a comparison for each version that accepts the answers, the best first, and the errors of the others.

    The candidates are the oldest version in ``libraries`` and its predecessors, the newest of equal fits first. An
    update would never migrate a repository whose record is newer than its library.

    Raises:
        CannotTell: a version's sources are not available, or the first candidate rejects the answers.
    """
    known = [release.version for release in releases()]
    last = min((known.index(library) for library in libraries if library in known), default=len(known) - 1)
    first, *tried = [_fit(folder, release, answers) for release in reversed(releases()[: last + 1])]
    if isinstance(first, CannotTell):
        place = f"{folder} has the library {known[last]}"
        raise CannotTell(f"{str(first).rstrip('.')}. {place}: name a file of its answers with --answers.")
    others = [fit for fit in tried if isinstance(fit, Fit)]
    return sorted([first, *others], key=lambda fit: fit.distance), [fit for fit in tried if isinstance(fit, CannotTell)]


def _fit(folder: Path, release: Release, answers: Mapping[str, str]) -> Fit | CannotTell:
    with sources(release) as tree, TemporaryDirectory(prefix="template-") as scratch:
        [baked] = bakes_of(release, tree, [answers], Path(scratch))
        if isinstance(baked, CannotTell):
            return baked
        found = tuple(file for file in differences(baked, folder) if file.path != FILE)
        return Fit(release, (baked / FILE).read_bytes(), found, sum(1 for _ in _files(baked)))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def certainty(found: list[Fit], pin: str) -> Certainty:
    """Return how sure the first of the sorted fits is."""
    best, *others = found
    if 2 * len(best.files) > best.count or any(other.distance == best.distance for other in others):
        return Certainty.UNSURE
    return Certainty.SURE if best.release.version == pin else Certainty.LIKELY
