"""The own commands of repositories, such as their checks, each in its own environment and within a time budget."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from ...library import find_uv
from ...processes import Heed, running
from ...upkeep.errors import CannotTell
from ..own_environment import OwnEnvironment


class OwnCommands:
    """Runs commands of repositories; ``deadline`` is the time (`time.monotonic`) at which limited commands end."""

    def __init__(self, work: Path, heed: Heed, deadline: float) -> None:
        self.heed, self._work, self._deadline, self._program = heed, work, deadline, find_uv()

    def run(self, copy: Path, commands: Sequence[str], log: Path, *, limited: bool = False) -> bool | None:
        """Run `context` commands in a copy until one fails. Return whether all passed; None if the deadline ended one.

        Raises:
            CannotTell: the packages cannot be locked or installed.
            Asked: a signal asked this process to end; the command is ended.
        """
        end, synced = self._deadline if limited else inf, None
        with TemporaryDirectory(dir=self._work, ignore_cleanup_errors=True) as scratch:
            own = OwnEnvironment(Path(scratch), copy)
            for words, variables in own.installation():
                synced = self._uv(copy, words, variables, log, end)
            if synced:
                raise CannotTell(f"`uv sync` ended with status {synced} ({log}): run this again.")
            for command in commands if synced is not None else ():
                words = ["run", "--no-sync", "--quiet", "context", command]
                if status := self._uv(copy, words, own.variables, log, end):
                    return False
                synced = status
        return None if synced is None else True

    def _uv(self, copy: Path, words: Sequence[str], variables: Mapping[str, str], log: Path, end: float) -> int | None:
        """Return the exit status of a command of uv; None if it was not ended in time."""
        if monotonic() >= end:
            return None
        with running([self._program, *words], copy, log, variables=variables) as child:
            self.heed.wait(lambda: child.poll() is not None or monotonic() >= end)
            return child.poll()


def processors() -> int:
    """Return the number of processors."""
    return os.cpu_count() or 1
