"""What other contexts told, as a test sees it."""

import time
from collections.abc import Callable
from typing import Any

from bounded_context_local.running.context import RunningContext

SECONDS = 30.0


def until(holds: Callable[[], Any], seconds: float = SECONDS, every: float = 0.1) -> Any:
    """Wait for something to hold, and return it. What is costly to ask should not be asked ten times a second."""
    deadline = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < deadline
        time.sleep(every)
    return value


def standing(deployed: RunningContext, subject: str) -> str:
    """Return how a thing of the neighbour stands here: an empty text if nothing is known of it."""
    [neighbour] = deployed.neighbours
    return (deployed.table.projected(neighbour.consumes.aggregate, subject) or {}).get("status", "")
