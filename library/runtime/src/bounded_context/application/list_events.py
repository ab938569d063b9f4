"""The events of closed lists, for other contexts."""

from datetime import UTC, datetime
from typing import Any

from ..declaration.context import Context
from ..domain.lists import ListStatus, ReceivedList
from ..domain.reasons import shortened


def list_event(context: Context[Any], closed: ReceivedList, traceparent: str) -> dict[str, Any]:
    """Return the event of a closed list for other contexts. Each call returns the same event id.

    The event joins the upload's trace. A list without a recorded trace uses the caller's ``traceparent``.
    """
    imported, rejected = context.list_events
    if closed.status is ListStatus.IMPORTED:
        return _event(context, closed, imported, "imported", _counts(closed), traceparent)
    return _event(context, closed, rejected, "rejected", _refusal(closed), traceparent)


def _event(
    context: Context[Any], closed: ReceivedList, event_type: str, suffix: str, data: dict[str, Any], traceparent: str
) -> dict[str, Any]:
    file, caused_by = closed.file, closed.traceparent or traceparent
    about_list = {"list_id": closed.list_id, "partner": file.partner, "file": file.key}
    event_id, now = f"{closed.list_id}-{suffix}", datetime.now(UTC)
    return context.source.cloud_event(event_id, event_type, closed.list_id, now, about_list | data, caused_by)


def _counts(closed: ReceivedList) -> dict[str, Any]:
    return {"rows": closed.rows, "imported": closed.valid, "rejected": closed.rejected}


def _refusal(closed: ReceivedList) -> dict[str, Any]:
    # Older versions did not shorten the reason before they recorded it.
    reason = closed.reason and shortened(closed.reason)
    return {"report": closed.file.report_key, "outcome": closed.status.value, "reason": reason}
