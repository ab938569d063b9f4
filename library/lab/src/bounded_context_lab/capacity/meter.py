"""A limit of units a second in a simulation."""

from .plan import Rate


class Meter:
    """A token bucket: it returns the time at which it has passed a number of units, in the order of the requests."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._passed = 0.0
        self._first: float | None = None

    def passes(self, now: float, units: float) -> float:
        """Take units, and return the time at which the last unit has passed."""
        saved = self.rate.burst / self.rate.a_second
        if self._first is None:
            self._first, self._passed = now, now - saved
        self._passed = self._after(max(self._passed, now - saved), units, self._first)
        return self._passed

    def _after(self, start: float, units: float, first: float) -> float:
        """Return the time at which units have passed from `start`. The limit doubles at fixed times after `first`."""
        rate = self.rate
        doubled = int((start - first) // rate.doubling) if rate.doubling else 0
        while True:
            speed = min(rate.a_second * 2.0**doubled, rate.most)
            doubled += 1
            ends = first + doubled * rate.doubling
            if not rate.doubling or speed == rate.most or start + units / speed <= ends:
                return start + units / speed
            units -= max(0.0, ends - start) * speed
            start = max(start, ends)
