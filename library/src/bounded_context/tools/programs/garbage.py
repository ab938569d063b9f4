"""Deferred garbage collection for Pulumi programs.

A program creates hundreds of thousands of small objects that live until its end. Garbage collection takes a third of
its time under mocks. A final collection at its end takes a quarter of the remaining time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Final

LEFT: Final = 8
"""The number of programs whose objects stay uncollected: some 17 MB each, and a repository's check runs six."""

_ended = count()


@contextmanager
def collected_later() -> Iterator[None]:
    """Disable Python's garbage collector meanwhile, and restore its state afterwards."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if next(_ended) < LEFT:
            gc.freeze()
        if was_enabled:
            gc.enable()
