"""Periodic actions: in a background thread, or until a result."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def repeated(name: str, seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Call `act` in a thread with this name, at intervals of `seconds`, until the end of the block."""
    stopped = threading.Event()

    def repeat() -> None:
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
