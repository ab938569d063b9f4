"""The list workflow's step that writes a part of a list, and the event of a closed list. A repeated step continues."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ..declaration.context import Context
from ..domain.errors import enumerated, shortened
from ..domain.lists import ListStatus, ReceivedList
from .deadline import await_end, latest_end, without_garbage_collection
from .list_import import Outcome, Step, Workflow, refuse
from .ports import AlreadyTaken, Throttled
from .reading import ROWS_AT_ONCE, chunks
from .staging import Part, StagedRow, read_part

ROWS_RECORDED: Final = 5000
"""Rows of a part that are written before the list's record is updated. A try whose function was ended without warning
has written up to so many rows that the next try writes again."""


@dataclass
class _Writing:
    """An invocation's work on a part. ``earlier`` is the end of an earlier writer's time, in seconds since 1970."""

    flow: Workflow
    part: Part
    received: ReceivedList
    writer: str

    def __post_init__(self) -> None:
        self.list_id, self.lists, self.aggregates = self.received.list_id, self.flow.lists, self.flow.imported
        self.earlier = self.received.writers.get(self.part.part, 0)
        self.rows = self.received.written.get(self.part.part, 0)

    def write(self, staged: list[StagedRow]) -> Outcome:
        """Write the remaining rows of a part."""
        for number, rows in enumerate(chunks(staged[self.rows :], ROWS_AT_ONCE)):
            due = number and number * ROWS_AT_ONCE % ROWS_RECORDED == 0
            if due and not self.lists.keep_part(self.list_id, self.part.part, self.writer, self.rows):
                return self._stop()
            self.aggregates.import_rows(self.list_id, [row.values for row in rows], self.received.traceparent)
            self.rows += len(rows)
        # The rows of an imported part may change or be deleted: first wait until no writer can write them any more.
        await_end(self._end)
        is_recorded = self.lists.part_imported(self.list_id, self.part.part, self.writer)
        return Outcome.IMPORTED if is_recorded else self._stop()

    @property
    def _end(self) -> int:
        """The time by which requests of other writers, and unanswered requests of this call, have taken effect."""
        return max(self.earlier, self.aggregates.unanswered)

    def _stop(self) -> Outcome:
        """Stop writing the part. Raises Throttled if another call may write it."""
        self.leave()
        if self.lists.get(self.list_id).status is ListStatus.IMPORTING:
            raise Throttled("another call writes this part")
        return Outcome.REFUSED

    def leave(self) -> None:
        """Record that this call writes no more, and the time until which its requests may take effect."""
        self.lists.leave_part(self.list_id, self.part.part, self.writer, self.rows, self._end)


@without_garbage_collection()
def import_part(flow: Workflow, list_id: str, part: Part) -> Step:
    """Write a part. The rest of the part is skipped if the list is being undone.

    Raises:
        Throttled: the table throttles, or the function's time is nearly over, or an earlier invocation may still write.
            The next try starts with the first row that is not recorded as written.
    """
    writer = secrets.token_hex(8)
    is_writer, before = flow.lists.take_part(list_id, part.part, writer, latest_end())
    if not is_writer:
        is_imported = part.part in before.imported_parts and not before.cancelled
        return Step(list_id, Outcome.IMPORTED if is_imported else Outcome.REFUSED)
    return Step(list_id, _write_part(_Writing(flow, part, before, writer)))


def _write_part(writing: _Writing) -> Outcome:
    flow = writing.flow
    try:
        return writing.write(read_part(flow.files, writing.part, flow.form))
    except AlreadyTaken as conflict:
        identities = f"{flow.form.identity} {enumerated(conflict.identities)}"
        refuse(
            writing.list_id, f"{identities} was created while the list was imported", flow.lists, ListStatus.IMPORTING
        )
        writing.leave()
        return Outcome.REFUSED
    except Exception:
        writing.leave()
        raise


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
