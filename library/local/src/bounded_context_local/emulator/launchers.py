"""Launchers: the parent commands of this run, such as `uv run context run`. The run ends when a launcher is killed.

A killed process (SIGKILL) does not signal its children. Without this module, a kept run and its emulator would never
end.
"""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import psutil

VARIABLE: Final = "BOUNDED_CONTEXT_STARTED_BY"
"""Environment variable with the process id of a launcher other than `uv`."""

PAUSE_SECONDS: Final = 0.5


@contextmanager
def ending_with_launchers() -> Iterator[None]:
    """Send SIGTERM to this process when a launcher ends. Stop watching at the end of the block."""
    watched = launchers(psutil.Process().parents(), os.environ.get(VARIABLE, ""))
    left = threading.Event()

    def watch() -> None:
        while not left.wait(PAUSE_SECONDS):
            if not all(map(is_running, watched)):
                os.kill(os.getpid(), signal.SIGTERM)
                return

    if watched:
        threading.Thread(target=watch, name="launchers", daemon=True).start()
    try:
        yield
    finally:
        left.set()


def launchers(above: Sequence[psutil.Process], started_by: str = "") -> list[psutil.Process]:
    """Return the ancestors, nearest first, up to the topmost `uv` or process with the id `started_by`."""
    depths = [
        depth for depth, process in enumerate(above, 1) if process.name() == "uv" or str(process.pid) == started_by
    ]
    return list(above[: max(depths, default=0)])


def is_running(process: psutil.Process) -> bool:
    """Return whether a process runs. A process that has ended and that its parent did not collect does not run."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
