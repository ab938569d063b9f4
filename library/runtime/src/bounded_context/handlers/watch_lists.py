"""WatchLists: publishes metrics every minute, also while no list is processed.

The metrics are the age of the oldest unfinished list, and the number of event source mappings that do not work. In a
context with an approval, a waiting list is not unfinished: its age is a metric of its own.
"""

from collections.abc import Mapping
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


CONTEXT = declared()


@function(
    CONTEXT,
    "watch_lists",
    WatchListsSettings,
    [aws.executions, aws.event_sources, *([aws.lists] if CONTEXT.approval else [])],
)
def lambda_handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Publish both metrics and return ``{"seconds", "mappings"}``.

    ``seconds`` is the age of the oldest unfinished list, 0 if every list is finished. ``mappings`` is the number of
    event source mappings that are stopped, missing, or failed at their last attempt.
    """
    seconds = _age(aws.executions().starts(), datetime.now(UTC).timestamp())
    count(measures.OLDEST_UNFINISHED, seconds)
    return {"seconds": seconds, "mappings": count_failing(MAPPED)}


def _age(starts: Mapping[str, datetime], at: float) -> float:
    """Return the age of the oldest list that does not wait for an approval; count the longest wait for an approval."""
    lists = aws.lists().of_executions(list(starts)) if CONTEXT.approval else {}
    waits = {execution: received.waited(at) for execution, received in lists.items()}
    waiting = {execution for execution, received in lists.items() if received.awaits_approval}
    if CONTEXT.approval:
        count(measures.OLDEST_WAITING, max((waits[execution] for execution in waiting), default=0.0))
    return max((0.0, *(at - starts[name].timestamp() - waits.get(name, 0) for name in starts.keys() - waiting)))
