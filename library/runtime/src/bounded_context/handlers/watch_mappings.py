"""WatchMappings: publishes the number of event source mappings that do not work, every minute.

It is the watch of a context without lists. A context with lists has WatchLists, which publishes the same metric.
"""

from typing import Any

from .. import aws
from ..declaration.context import declared
from ..settings import WatchMappingsSettings
from ._function import function
from ._mappings import count_failing

MAPPED = ("relay_events", "on_event")
"""The functions that an event source mapping calls in every stack without lists."""


@function(declared(), "watch_mappings", WatchMappingsSettings, [aws.event_sources])
def lambda_handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Publish the metric, and return ``{"mappings"}``, the number of mappings that fail."""
    return {"mappings": count_failing(MAPPED)}
