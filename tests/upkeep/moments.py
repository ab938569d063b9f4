"""The moments of a command: before each process that it starts, and before each access to a file of a folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

_EVENTS = frozenset(
    ("subprocess.Popen", "open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.chmod")
)
"""Python's audit events of processes and files (Python's documentation, "Audit events table")."""

Moment = Callable[[str, tuple[Any, ...]], None]

_watched: list[tuple[str, Moment]] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched and event in _EVENTS:
        folder, moment = _watched.pop()
        # The moment's own processes and files are no moments.
        try:
            if event == "subprocess.Popen" or folder in os.fsdecode(str(arguments[0])):
                moment(event, arguments)
        finally:
            _watched.append((folder, moment))


@cache
def _install() -> None:
    """Python cannot remove the hook: a process without schedules does not pay for it."""
    sys.addaudithook(_audit)


@contextmanager
def moments(folder: Path, moment: Moment) -> Iterator[None]:
    """Call ``moment`` before each process, and before each access to a file below ``folder``."""
    _install()
    _watched.append((str(folder), moment))
    try:
        yield
    finally:
        _watched.clear()


@contextmanager
def unwatched() -> Iterator[None]:
    """Call no moment in this block."""
    before = [*_watched]
    _watched.clear()
    try:
        yield
    finally:
        _watched.extend(before)
