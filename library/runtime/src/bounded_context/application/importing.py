"""The list workflow's steps that write a part of a list, or undo and close a list, and the event of a closed list.

A repeated step continues. `context list close` undoes a list whose staged parts are gone.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from ..declaration.context import Context
from ..domain.aggregate import enumerated, shortened
from ..domain.faults import FILE_FAULTS, ListFault
from ..domain.lists import NOT_APPROVED, NOT_IN_TIME, Failure, ListStatus, ReceivedList
from .calls import await_end, latest_end, without_garbage_collection
from .list_import import TECHNICAL_FAILURE, Outcome, Step, Workflow, refuse
from .ports import AlreadyTaken, Files, Lists, Throttled
from .reading import ROWS_AT_ONCE, chunks
from .results import document, with_reason, write_report
from .staging import VERIFIED, Part, StagedRow, Staging, StagingGone, identities, read_part

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
        counts = {"rows": closed.rows, "imported": closed.valid, "rejected": closed.rejected}
        return _event(context, closed, imported, "imported", counts, traceparent)
    return _event(context, closed, rejected, "rejected", _refusal(closed), traceparent)


def _event(
    context: Context[Any], closed: ReceivedList, event_type: str, suffix: str, data: dict[str, Any], traceparent: str
) -> dict[str, Any]:
    file, caused_by = closed.file, closed.traceparent or traceparent
    about_list = {"list_id": closed.list_id, "partner": file.partner, "file": file.key}
    event_id, now = f"{closed.list_id}-{suffix}", datetime.now(UTC)
    return context.source.cloud_event(event_id, event_type, closed.list_id, now, about_list | data, caused_by)


def _refusal(closed: ReceivedList) -> dict[str, Any]:
    # Older versions did not shorten the reason before they recorded it.
    reason = closed.reason and shortened(closed.reason)
    return {"report": closed.file.report_key, "outcome": closed.status.value, "reason": reason}


IMPORT: Final = "import_list"
ENDED: Final = "no exception: the calls were throttled, timed out, or ended for lack of memory"
UNRECORDED: Final = "an exception that the step could not record: see the log of the step"
SPLIT_AGAIN: Final = "the step answered SPLIT again after its map: the state does not pass it the outcome SPLIT"
_ALL_IMPORTED: Final = "the state machine failed after the import of all parts"
_MOST: Final = 20
"""Parts whose exception is read. Parts that fail together mostly fail for one reason."""

_OF_MAP: Final = "States.ExceedToleratedFailureThreshold"
"""The error of a map whose child failed. It does not name the child's error."""

_OF_LAMBDA: Final = ("Lambda.", "Sandbox.", "States.", "Runtime.ExitError")
"""The beginnings of errors that Step Functions reports for a call that raised no exception (Step Functions Developer
Guide, "Handling errors"; Lambda Developer Guide, "Runtime.ExitError")."""


def cause_of(context: Context[Any], lists: Lists, received: ReceivedList, caught: str) -> Failure:
    """Return the cause of a failed list, of which all rows are undone.

    ``caught`` is the name of the error that Step Functions caught, or an empty text. A later try may have repaired an
    exception: only the exceptions of the step and the parts that did not succeed are causes.
    """
    if received.parts:
        return _of_import(lists, received, caught)
    step = context.verification_step if received.rows else "validate_list"
    caught = "" if caught == _OF_MAP else caught
    raised = None if caught.startswith(_OF_LAMBDA) else lists.failure(received.list_id, step)
    return raised or Failure(step, error=caught, message=_without_record(caught))


def _of_import(lists: Lists, received: ReceivedList, caught: str) -> Failure:
    if len(received.imported_parts) == received.parts:
        return Failure(IMPORT, error=caught, message=_ALL_IMPORTED)
    failed = sorted((received.undone_parts | received.begun_parts) - received.imported_parts)
    raised = (lists.failure(received.list_id, IMPORT, part) for part in islice(failed, _MOST))
    # The state machine only notices that a part is missing, by a condition: that error is no cause.
    error = "" if caught.endswith("ConditionalCheckFailedException") else caught
    return next(filter(None, raised), Failure(IMPORT, next(iter(failed), None), error, _without_record(error)))


def _without_record(caught: str) -> str:
    if caught == "SplitAgain":
        return SPLIT_AGAIN
    return ENDED if not caught or caught.startswith(_OF_LAMBDA) else UNRECORDED


def undo_part(flow: Workflow, list_id: str, part: Part) -> Step:
    """Delete the rows of a part that this list wrote. From here on no invocation may write the list.

    A part without a trace of a writer has no rows. A closed list stays as it is.

    Raises:
        StagingGone: rows of the part may be in the table, and the part that names them is gone.
        Throttled: the table throttles, or the function's time is too short.
    """
    received = begin_undoing(list_id, flow.lists)
    if not received.closed and part.part not in received.undone_parts:
        _undo(flow, received, part)
    return Step(list_id, Outcome.UNDONE)


def compensate(flow: Workflow, list_id: str, caught: str | None = None) -> ReceivedList:
    """Delete the rows that this list wrote, write the reason into the report, and return the list, closed.

    Parts that the workflow's map or an earlier try has undone are skipped. A list with a reason is rejected. A list
    without a reason broke for a technical reason and has failed: its record gets the cause. ``caught`` is the name of
    the error that Step Functions caught.

    An imported list stays imported: the workflow comes here if it lost the answer to its last write.

    Raises:
        StagingGone: rows of the list may be in the table, and the parts that name them are gone.
        Throttled: the table throttles, or the function's time is too short.
    """
    lists, files = flow.lists, flow.files
    received = begin_undoing(list_id, lists, caught)
    if received.closed:
        return received
    for part in _parts_to_undo(received, files):
        _undo(flow, received, part)
    write_report(files, lists, received, report_of(received, files))
    return closed(flow.context, lists, received, caught or "")


def report_of(received: ReceivedList, files: Files) -> bytes:
    """Return the report of a rejected list. The validation has reported a file that it cannot read.

    Raises:
        StagingGone: the lines of the rejected rows are gone.
    """
    rows = _rows_report(received, files)
    if received.staged and received.code in FILE_FAULTS:
        return document(rows)
    return with_reason(rows, received.reason or "", received.code)


def closed(context: Context[Any], lists: Lists, received: ReceivedList, caught: str) -> ReceivedList:
    """Close a list of which all rows are undone, and return its record. ``caught`` names the error that was caught."""
    if not received.failed:
        return lists.progress(received.list_id, ListStatus.REJECTED)
    cause = cause_of(context, lists, lists.get(received.list_id), caught)
    return lists.progress(received.list_id, ListStatus.FAILED, failure=cause.facts())


def begin_undoing(list_id: str, lists: Lists, caught: str | None = None) -> ReceivedList:
    """Mark a list as being undone, unless it is closed; return it. ``caught`` names the error that was caught."""
    received = lists.get(list_id)
    if received.cancelled or received.closed:
        return received
    if caught == NOT_APPROVED:
        return lists.refuse(list_id, NOT_IN_TIME, code=ListFault.NOT_APPROVED)
    if received.reason:
        return lists.refuse(list_id, received.reason)
    return lists.refuse(list_id, TECHNICAL_FAILURE, failed=True, code=ListFault.FAILED)


def _parts_to_undo(received: ReceivedList, files: Files) -> list[Part]:
    """Return the parts that are not undone yet. Without rows to undo, their manifest may be gone."""
    if len(received.undone_parts) == received.parts:
        return []
    try:
        parts = Staging(files, received.list_id, received.verified).manifest(VERIFIED)
    except StagingGone:
        if received.begun_parts <= received.undone_parts:
            return []
        raise
    return [part for part in parts if part.part not in received.undone_parts]


def _undo(flow: Workflow, received: ReceivedList, part: Part) -> None:
    if part.part in received.begun_parts:
        await_end(received.writers.get(part.part, 0))
        rows = read_part(flow.files, part, flow.form)
        flow.imported.undo_rows(received.list_id, list(identities(rows, flow.form.identity)))
    flow.lists.part_undone(received.list_id, part.part)


def _rows_report(received: ReceivedList, files: Files) -> str:
    """Return the report's lines of rejected rows or of a refused file, from the attempt that is recorded."""
    attempt, refused_file = received.verified or received.staged, received.staged and not received.rows
    return Staging(files, received.list_id, attempt).rejections() if received.rejected or refused_file else ""
