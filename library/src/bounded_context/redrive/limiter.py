"""How fast messages go: what failed under load should not meet all of it again at once."""

from ..rollout.clock import Clock


class Limiter:
    """Lets at most `rate` messages a second pass, evenly: a pause is not made up for by a burst."""

    def __init__(self, rate: int, clock: Clock) -> None:
        self._pause = 1 / rate
        self._clock = clock
        self._last: float | None = None

    def wait(self) -> None:
        """Wait until the next message may go."""
        now = self._now()
        if self._last is not None:
            # A clock that is set back must not stop the run.
            rest = min(self._last + self._pause - now, self._pause)
            if rest > 0:
                self._clock.sleep(rest)
        self._last = self._now()

    def _now(self) -> float:
        return self._clock.now().timestamp()
