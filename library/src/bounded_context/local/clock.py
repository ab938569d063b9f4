"""How long a minute lasts here: nobody waits five minutes for a canary on their own machine."""

MINUTE_SECONDS = 1.0
"""Seconds that a minute of a release lasts: between two shifts of traffic, and in the period of an alarm."""


def shortened(seconds: float) -> int:
    """Return how many seconds a time on AWS lasts here: 1 at least."""
    return max(1, round(seconds * MINUTE_SECONDS / 60))
