"""WatchLists: tells every minute how old the oldest unfinished list is, also while nothing else happens to it."""

from datetime import UTC, datetime
from typing import Any

from .. import aws, measures
from ..context import declared
from ..settings import WatchListsSettings
from ..telemetry import count
from ._function import function


@function(declared(), "watch_lists", WatchListsSettings, [aws.executions])
def lambda_handler(_event: dict[str, Any], _context: object) -> dict[str, float]:
    """Take any event; answer ``{"seconds"}``, the age, 0 if every list is finished."""
    started = aws.executions().oldest_start()
    seconds = 0.0 if started is None else max(0.0, (datetime.now(UTC) - started).total_seconds())
    count(measures.OLDEST_UNFINISHED, seconds)
    return {"seconds": seconds}
