"""Child processes: each has its own process group and ends with this process.

A signal handler only records a signal. The waiting loops check the record, so no child is left half started.
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
"""The environment variable with this process's id: a child ends when this process is killed."""

END_SECONDS = 30.0
POLL_SECONDS = 0.05


class Asked(Exception):
    """The signal ``number`` asked this process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Heed:
    """The signal that asked this process to end; ``number`` is 0 without a signal."""

    def __init__(self) -> None:
        self.number = 0

    def check(self) -> None:
        """Raise Asked after a signal."""
        if self.number:
            raise Asked(self.number)

    def wait(self, over: Callable[[], bool]) -> None:
        """Wait until ``over`` returns True. Raises Asked after a signal."""
        while not over():
            self.check()
            time.sleep(POLL_SECONDS)
        self.check()


@contextmanager
def heeding() -> Iterator[Heed]:
    """Record the signals `SIGNALS` instead of ending at once."""
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
    command: Sequence[str],
    folder: Path,
    log: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command in a folder, yield its process, and interrupt it at the end of the block, like Ctrl-C.

    ``log`` is the file for its output; ``variables`` are all environment variables, by default those of `environment`.
    """
    with log.open("ab") if log else nullcontext() as output:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env={**(variables or environment()), STARTED_BY: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            yield child
        finally:
            end(child)


def end(child: subprocess.Popen[bytes]) -> None:
    """Interrupt a child's process group, wait for the child, and kill the remaining processes."""
    if child.poll() is None:
        _signal(child, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            child.wait(END_SECONDS)
    # uv may end before the processes that it started.
    _signal(child, signal.SIGKILL)
    child.wait()


def status(child: subprocess.Popen[bytes]) -> int:
    """Return the exit status of an ended child as a shell reports it: 128 plus the signal's number."""
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def environment() -> dict[str, str]:
    """Return the environment without variables that select a virtual environment or a context."""
    ours = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "CONTEXT")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith("BOUNDED_CONTEXT_")
    }


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)
