"""The list of a fleet's repositories."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, groupby
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
    return list(chain.from_iterable(waves(place)))


def waves(place: Path) -> list[list[Path]]:
    """Return the repositories in the order of their updates.

    Blank lines in the file separate waves. Without them, the first repository is the first wave.

    Raises:
        NotOurs: as for `roster`.
    """
    groups = [wave for wave in ([_below(place)] if place.is_dir() else _waves_in(place)) if wave]
    if not groups:
        raise NotOurs(
            f"{place} has no repository of this template: name a folder of clones, or a file that lists them."
        )
    [first, *others] = groups
    return groups if others or len(first) == 1 else [first[:1], first[1:]]


def _below(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"*/{FILE}"))


def _waves_in(file: Path) -> Iterator[list[Path]]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotOurs(f"{file} cannot be read: {error}") from None
    for _, block in groupby(text.splitlines(), key=lambda line: bool(line.strip())):
        names = (line.partition("#")[0].strip() for line in block)
        yield [file.parent / name for name in names if name]
