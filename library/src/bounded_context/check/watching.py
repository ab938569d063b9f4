"""Waits for saves: a look at the times of the files that git knows, a few times a second."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from time import sleep
from typing import Final

from .changes import known

PAUSE: Final = 0.5
"""Seconds between two looks: less than it takes to go from an editor to a terminal."""


def saves(root: Path) -> Iterator[None]:
    """Yield at once, and again whenever a file was written, made or deleted. Raises NoHistory."""
    seen: Mapping[str, int] | None = None
    while True:
        now = _times(root)
        if now != seen:
            seen = now
            yield
        else:
            sleep(PAUSE)


def _times(root: Path) -> Mapping[str, int]:
    """When each file was last written, in nanoseconds since 1970."""
    times = {}
    for name in known(root):
        try:
            times[name] = (root / name).stat().st_mtime_ns
        except FileNotFoundError:
            continue
    return times
