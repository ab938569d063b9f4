"""Calls of DynamoDB, tried again while the table turns them away: one on demand does so while it grows into a load.

pydynox itself gives a throttled request three tries within two seconds, and keys of a batch that come back unprocessed
five within three, all without regard to other writers: too few for a table that needs minutes to grow.
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from ..application.ports import Throttled

T = TypeVar("T")

# At most 5 s a wait, and half of that on average: a table that is growing into a load gets some 10 seconds a hundred.
_TRIES = 8
_LONGEST_WAIT = 5.0


def patiently(call: Callable[[], T], passes: Callable[[Exception], bool]) -> T:
    """Return what a call returns, which is tried again as long as it fails with what passes by itself.

    Between two tries it waits for a time that grows and has full jitter: those that were turned away together do not
    come again together.

    Raises:
        Exception: what the call failed with, if it is something else.
        Throttled: it failed with what passes in each of eight tries.
    """
    waits = (min(_LONGEST_WAIT, 0.1 * 2**tried) for tried in range(_TRIES - 1))
    while True:
        try:
            return call()
        except Exception as error:
            if not passes(error):
                raise
            wait = next(waits, None)
            if wait is None:
                raise Throttled(f"turned away {_TRIES} times") from error
        time.sleep(random.uniform(0, wait))  # noqa: S311
