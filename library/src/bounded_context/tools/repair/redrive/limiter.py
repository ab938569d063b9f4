"""Rate limit of a redrive, so that messages that failed under load do not recreate the load."""

from ...command.clock import Clock


class Limiter:
    """A limit of `rate` evenly spaced messages a second, without bursts after a pause."""

    def __init__(self, rate: int, clock: Clock) -> None:
        self._pause = 1 / rate
        self._clock = clock
        self._last: float | None = None

    def wait(self) -> None:
        """Wait until the next message is allowed."""
        now = self._now()
        if self._last is not None:
            # A clock that is set back must not stop the run.
            rest = min(self._last + self._pause - now, self._pause)
            if rest > 0:
                self._clock.sleep(rest)
        self._last = self._now()

    def _now(self) -> float:
        return self._clock.now().timestamp()
