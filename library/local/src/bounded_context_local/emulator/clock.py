"""Time of a local run: its scale, periodic actions, and waits for a result.

Releases and alarm periods run 60 times faster than on AWS. The emulator's process loads this module without packages.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

MINUTE_SECONDS = 1.0
"""Duration of a minute, in seconds, in traffic shifting and in alarm periods."""

FASTER = 60 / MINUTE_SECONDS
"""The acceleration of a local run."""


def shortened(seconds: float) -> int:
    """Return the local duration, in seconds, of a duration on AWS; at least 1."""
    return max(1, round(seconds * MINUTE_SECONDS / 60))


class ShortMinutes:
    """A clock with the same acceleration as local deployments."""

    def __init__(self) -> None:
        """Start the clock at the current time."""
        self._began, self._started = datetime.now(UTC), time.monotonic()

    def now(self) -> datetime:
        """Return the accelerated time in UTC."""
        return self._began + timedelta(seconds=(time.monotonic() - self._started) * FASTER)

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds` on this clock."""
        time.sleep(seconds / FASTER)


T = TypeVar("T")


@contextmanager
def repeated(name: str, seconds: float, act: Callable[[], None], *, at_once: bool = False) -> Iterator[None]:
    """Call `act` in a thread with this name, at intervals of `seconds`, until the end of the block."""
    stopped = threading.Event()

    def repeat() -> None:
        if at_once:
            act()
        while not stopped.wait(seconds):
            act()

    thread = threading.Thread(target=repeat, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def until(find: Callable[[], T], seconds: float, pause: float = 0.1) -> T:
    """Call `find` until its result is true, for at most `seconds`. Return the last result."""
    deadline = time.monotonic() + seconds
    while not (result := find()) and time.monotonic() < deadline:
        time.sleep(pause)
    return result


@contextmanager
def in_background(name: str, act: Callable[[threading.Event], None]) -> Iterator[None]:
    """Call `act` in a thread, with an event that is set at the end of the block. The end raises the error of `act`."""
    stopped = threading.Event()
    with ThreadPoolExecutor(1, thread_name_prefix=name) as pool:
        running = pool.submit(act, stopped)
        try:
            yield
        finally:
            stopped.set()
        running.result()
