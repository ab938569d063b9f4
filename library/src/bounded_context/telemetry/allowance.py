"""How many traces others may have recorded here."""

import time
from collections.abc import Callable


class Allowance:
    """So many different traces a minute, and no more.

    Each execution environment has its own: to ask the others would take longer than a call.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Admit `most` traces in each minute of `clock`, which counts seconds."""
        self._most = most
        self._clock = clock
        self._minute = -1
        self._admitted = set[str]()

    def admits(self, trace: str) -> bool:
        """Whether this trace is among those of the present minute: it may come as often as it will."""
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute, self._admitted = minute, set()
        if trace not in self._admitted and len(self._admitted) < self._most:
            self._admitted.add(trace)
        return trace in self._admitted
