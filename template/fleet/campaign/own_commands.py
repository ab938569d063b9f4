"""The own commands of repositories, such as their checks, in shared environments and within a time budget."""

from __future__ import annotations

import os
from collections.abc import Sequence
from math import inf
from pathlib import Path
from queue import SimpleQueue
from time import monotonic

from ...library import find_uv
from ...processes import Heed, running
from ...upkeep.errors import CannotTell


class OwnCommands:
    """Runs commands of repositories; ``deadline`` is the time (`time.monotonic`) at which limited commands end.

    All repositories need nearly the same packages, so an environment serves one repository after the other. Its sync
    takes a second, and its compiled modules remain. `uv sync` removes packages that the next repository does not lock.
    """

    def __init__(self, work: Path, heed: Heed, deadline: float) -> None:
        self.heed, self._deadline = heed, deadline
        self._free: SimpleQueue[Path] = SimpleQueue()
        for number in range(processors()):
            self._free.put(work / f"environment-{number}")

    def run(self, copy: Path, commands: Sequence[str], log: Path, *, limited: bool = False) -> bool | None:
        """Run `context` commands in a copy until one fails. Return whether all passed; None if the deadline ended one.

        Raises:
            CannotTell: the packages cannot be locked or installed.
            Asked: a signal asked this process to end; the command is ended.
        """
        end, environment = self._deadline if limited else inf, self._free.get()
        try:
            if synced := self._uv(copy, ["sync", "--quiet"], environment, log, end):
                raise CannotTell(f"`uv sync` ended with status {synced} ({log}): run this again.")
            for command in commands if synced is not None else ():
                words = ["run", "--no-sync", "--quiet", "context", command]
                if status := self._uv(copy, words, environment, log, end):
                    return False
                synced = status
            return None if synced is None else True
        finally:
            self._free.put(environment)

    def _uv(self, copy: Path, words: Sequence[str], environment: Path, log: Path, end: float) -> int | None:
        """Return the exit status of a command of uv; None if it was not ended in time."""
        if monotonic() >= end:
            return None
        with running([find_uv(), *words], copy, log, {"UV_PROJECT_ENVIRONMENT": str(environment)}) as child:
            self.heed.wait(lambda: child.poll() is not None or monotonic() >= end)
            return child.poll()


def processors() -> int:
    """Return the number of processors."""
    return os.cpu_count() or 1
