"""Garbage of a Pulumi program is collected once it has run, if at all.

A program makes hundreds of thousands of small objects that all live until its end. To look for garbage among them again
and again takes a third of its time under mocks, and once more at its end a quarter of what is left.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Final

LEFT: Final = 8
"""How many programs' garbage a process leaves where it is: some 17 MB each, and a repository's check runs six."""

_ended = count()


@contextmanager
def collected_later() -> Iterator[None]:
    """Let Python's collector of cycles rest meanwhile; where it rested before, it goes on resting."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if next(_ended) < LEFT:
            gc.freeze()
        if was_enabled:
            gc.enable()
