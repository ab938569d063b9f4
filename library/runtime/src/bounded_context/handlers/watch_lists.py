"""WatchLists: publishes metrics every minute, also while no list is processed.

The metrics are the age of the oldest unfinished list, and the number of event source mappings that do not work.
"""

from datetime import UTC, datetime
from typing import Any, Final

from .. import aws
from ..declaration import measures
from ..declaration.context import declared
from ..settings import WatchListsSettings
from ..telemetry import count
from ._function import function
from .watch_mappings import count_failing

MAPPED: Final = ("relay_events", "measure_lists", "on_event")
"""The functions that an event source mapping calls in every stack with lists."""


@function(declared(), "watch_lists", WatchListsSettings, [aws.executions, aws.event_sources])
def lambda_handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Publish both metrics and return ``{"seconds", "mappings"}``.

    ``seconds`` is the age of the oldest unfinished list, 0 if every list is finished. ``mappings`` is the number of
    event source mappings that are stopped, missing, or failed at their last attempt.
    """
    seconds = _age()
    count(measures.OLDEST_UNFINISHED, seconds)
    return {"seconds": seconds, "mappings": count_failing(MAPPED)}


def _age() -> float:
    started = aws.executions().oldest_start()
    return 0.0 if started is None else max(0.0, (datetime.now(UTC) - started).total_seconds())
