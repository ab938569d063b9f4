"""The list of a fleet's repositories."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..record import FILE
from ..upkeep.errors import NotOurs


def roster(place: Path) -> list[Path]:
    """Return the folders of a fleet's repositories.

    ``place`` is a folder with clones of this template's repositories, or a file with a path on each line, relative to
    the file, with comments after ``#``.

    Raises:
        NotOurs: there is no repository, or the file cannot be read.
    """
    found = _below(place) if place.is_dir() else list(_listed(place))
    if not found:
        raise NotOurs(
            f"{place} has no repository of this template: name a folder of clones, or a file that lists them."
        )
    return found


def _below(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"*/{FILE}"))


def _listed(file: Path) -> Iterator[Path]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotOurs(f"{file} cannot be read: {error}") from None
    for line in text.splitlines():
        if name := line.partition("#")[0].strip():
            yield file.parent / name
