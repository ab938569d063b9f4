"""Something that is done again and again beside a run."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def repeated(name: str, seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Do it in a thread of this name, with so many seconds between two times, until the block is left."""
    stopped = threading.Event()

    def go_on() -> None:
        while not stopped.wait(seconds):
            act()

    thread = threading.Thread(target=go_on, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
