"""Detection of saved files: compares the modification times of the files that git knows, twice a second."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from time import sleep
from typing import Final

from .changes import known

PAUSE: Final = 0.5
"""Seconds between two comparisons, less than the change from an editor to a terminal takes."""


def saves(root: Path) -> Iterator[None]:
    """Yield at once, and again after each change of files: written, created or deleted. Raises NoHistory."""
    seen: Mapping[str, int] | None = None
    while True:
        now = _times(root)
        if now != seen:
            seen = now
            yield
        else:
            sleep(PAUSE)


def _times(root: Path) -> Mapping[str, int]:
    """Return the modification time of each file, in nanoseconds since 1970."""
    times = {}
    for name in known(root):
        try:
            times[name] = (root / name).stat().st_mtime_ns
        except FileNotFoundError:
            continue
    return times
