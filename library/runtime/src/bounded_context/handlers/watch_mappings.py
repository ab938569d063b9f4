"""WatchMappings: publishes the number of event source mappings that do not work, every minute.

It is the watch of a context without lists. A context with lists has WatchLists, which publishes the same metric.
"""

from collections.abc import Sequence
from typing import Any

from .. import aws
from ..declaration import measures
from ..declaration.context import declared
from ..settings import WatchMappingsSettings
from ..telemetry import count, logger
from ._function import function


def count_failing(functions: Sequence[str]) -> int:
    """Log, count and return the event source mappings that are stopped, missing, or failed at their last attempt."""
    failing = aws.event_sources().failing(functions)
    for mapping in failing:
        logger.warning("event source mapping fails", mapping_of=mapping.function, why=mapping.why)
    count(measures.MAPPINGS_FAILING, len(failing))
    return len(failing)


MAPPED = ("relay_events", "on_event")
"""The functions that an event source mapping calls in every stack without lists."""


@function(declared(), "watch_mappings", WatchMappingsSettings, [aws.event_sources])
def lambda_handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Publish the metric, and return ``{"mappings"}``, the number of mappings that fail."""
    return {"mappings": count_failing(MAPPED)}
