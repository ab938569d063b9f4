"""Periodic actions in a background thread."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


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
