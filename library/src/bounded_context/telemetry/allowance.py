"""The limit on traces that other contexts request."""

import time
from collections.abc import Callable


class Allowance:
    """A number of different traces that may be recorded in a minute.

    Each execution environment has its own: coordination between them would take longer than a call.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Admit `most` traces in each minute of `clock`, which counts seconds."""
        self._most = most
        self._clock = clock
        self._minute = -1
        self._admitted = set[str]()

    def admits(self, trace: str) -> bool:
        """Return whether this trace may be recorded in the current minute. A repeated trace counts once."""
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute, self._admitted = minute, set()
        if trace not in self._admitted and len(self._admitted) < self._most:
            self._admitted.add(trace)
        return trace in self._admitted
