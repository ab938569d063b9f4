"""Time scale of a local run: releases and alarm periods run 60 times faster than on AWS."""

import time
from datetime import UTC, datetime, timedelta

MINUTE_SECONDS = 1.0
"""Duration of a minute, in seconds, in traffic shifting and in alarm periods."""

FASTER = 60 / MINUTE_SECONDS
"""The acceleration of a local run."""


def shortened(seconds: float) -> int:
    """Return the local duration, in seconds, of a duration on AWS; at least 1."""
    return max(1, round(seconds * MINUTE_SECONDS / 60))


class ShortMinutes:
    """A clock with the same acceleration as local deployments."""

    def __init__(self) -> None:
        """Start the clock at the current time."""
        self._began, self._started = datetime.now(UTC), time.monotonic()

    def now(self) -> datetime:
        """Return the accelerated time in UTC."""
        return self._began + timedelta(seconds=(time.monotonic() - self._started) * FASTER)

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds` on this clock."""
        time.sleep(seconds / FASTER)
