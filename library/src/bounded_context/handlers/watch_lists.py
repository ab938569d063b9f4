"""WatchLists: measures every minute what nothing else would measure while nothing happens.

These are the age of the oldest unfinished list, and event source mappings that read nothing.
"""

from datetime import UTC, datetime
from typing import Any, Final

from .. import aws, measures
from ..context import declared
from ..settings import WatchListsSettings
from ..telemetry import count, logger
from ._function import function

MAPPED: Final = ("relay_events", "measure_lists", "on_event")
"""The functions that an event source mapping calls in every stack."""


@function(declared(), "watch_lists", WatchListsSettings, [aws.executions, aws.event_sources])
def lambda_handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Return ``{"seconds", "mappings"}``.

    ``seconds`` is the age of the oldest unfinished list, 0 if every list is finished. ``mappings`` is the number of
    event source mappings that are stopped, missing, or failed at their last attempt.
    """
    seconds = _age()
    count(measures.OLDEST_UNFINISHED, seconds)
    failing = aws.event_sources().failing(MAPPED)
    for one in failing:
        logger.warning("event source mapping fails", mapping_of=one.function, why=one.why)
    count(measures.MAPPINGS_FAILING, len(failing))
    return {"seconds": seconds, "mappings": len(failing)}


def _age() -> float:
    started = aws.executions().oldest_start()
    return 0.0 if started is None else max(0.0, (datetime.now(UTC) - started).total_seconds())
