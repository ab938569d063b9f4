"""The remaining time of this call of a function: steps stop before Lambda stops them."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple

LONGEST_RESERVE: Final = 30.0
"""Seconds before the end of a call after which a step sends no further request.

One request may take 20 s, with its connection (`adapters.signed`). The rest is for the list's record. A call that has
less than two minutes keeps a quarter of its time.
"""


class _Limit(NamedTuple):
    end: float
    reserve: float


_NO_LIMIT: Final = _Limit(math.inf, 0.0)
_LIMIT: Final[ContextVar[_Limit]] = ContextVar("limit", default=_NO_LIMIT)


@contextmanager
def time_left(seconds: float) -> Iterator[None]:
    """Run a block that Lambda would stop after ``seconds``."""
    token = _LIMIT.set(_Limit(time.monotonic() + seconds, min(LONGEST_RESERVE, seconds / 4)))
    try:
        yield
    finally:
        _LIMIT.reset(token)


def seconds_left() -> float:
    """Return the remaining seconds; without a limit, infinity."""
    return _LIMIT.get().end - time.monotonic()


def seconds_to_spare() -> float:
    """Return the remaining seconds before a step has to stop; without a limit, infinity."""
    return seconds_left() - _LIMIT.get().reserve
