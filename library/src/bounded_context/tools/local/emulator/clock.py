"""Time scale of a local run: releases and alarm periods run 60 times faster than on AWS."""

MINUTE_SECONDS = 1.0
"""Duration of a minute, in seconds, in traffic shifting and in alarm periods."""


def shortened(seconds: float) -> int:
    """Return the local duration, in seconds, of a duration on AWS; at least 1."""
    return max(1, round(seconds * MINUTE_SECONDS / 60))
