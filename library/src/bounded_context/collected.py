"""Garbage of a Pulumi program is collected once it has run.

A program makes hundreds of thousands of small objects that all live until its end. To look for garbage among them again
and again takes a third of its time under mocks.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collected_later() -> Iterator[None]:
    """Let Python's collector of cycles rest meanwhile; where it rested before, it goes on resting."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
