"""The time that is left to this call of a function: steps stop before Lambda stops them."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_END: Final[ContextVar[float]] = ContextVar("end", default=math.inf)


@contextmanager
def time_left(seconds: float) -> Iterator[None]:
    """Run a block that Lambda would stop after so many seconds."""
    token = _END.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _END.reset(token)


def seconds_left() -> float:
    """Return how many seconds are left; without a limit, infinity."""
    return _END.get() - time.monotonic()
