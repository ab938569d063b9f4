"""Commands that run in other folders: each in a process group of its own, and none outlives us.

Signals are heeded, not raised: whoever waits looks whether we were asked to end, so nothing is left half started.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STARTED_BY = "BOUNDED_CONTEXT_STARTED_BY"
"""The variable by which what we start knows us: should we be killed, it ends by itself."""

END_SECONDS = 30.0
POLL_SECONDS = 0.05


class Asked(Exception):
    """We were asked to end, by the signal ``number``."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Heed:
    """Whether we were asked to end."""

    def __init__(self) -> None:
        self.number = 0

    def check(self) -> None:
        """Raise Asked if we were."""
        if self.number:
            raise Asked(self.number)

    def wait(self, over: Callable[[], bool]) -> None:
        """Wait until it is over. Raises Asked as soon as we are asked to end."""
        while not over():
            self.check()
            time.sleep(POLL_SECONDS)
        self.check()


@contextmanager
def heeding() -> Iterator[Heed]:
    """Remember a signal that asks us to end, instead of dying of it."""
    heed = Heed()

    def remember(number: int, _: object) -> None:
        heed.number = heed.number or number

    before = {number: signal.signal(number, remember) for number in SIGNALS}
    try:
        yield heed
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def running(
    command: Sequence[str], folder: Path, log: Path | None = None, more: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command in a folder, yield it, and end it as Ctrl-C would if it still runs then.

    ``log`` gets all that it prints, ``more`` are variables that it sees besides ours.
    """
    with log.open("ab") if log else nullcontext() as said:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=environment() | {STARTED_BY: str(os.getpid())} | dict(more or {}),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            yield child
        finally:
            end(child)


def end(child: subprocess.Popen[bytes]) -> None:
    """Interrupt a child's whole group, wait for it, and kill what does not listen."""
    if child.poll() is None:
        _signal(child, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            child.wait(END_SECONDS)
    # uv may have gone before what it started.
    _signal(child, signal.SIGKILL)
    child.wait()


def status(child: subprocess.Popen[bytes]) -> int:
    """Return the exit status of a child that has ended, as a shell has it."""
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def environment() -> dict[str, str]:
    """Return our environment without what would make a context use our own virtual environment, or another context."""
    ours = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "CONTEXT")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith("BOUNDED_CONTEXT_")
    }


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)
