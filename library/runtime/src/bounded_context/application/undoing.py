"""The list workflow's steps that undo a list, and close it. They can be repeated."""

from typing import Any

from ..declaration.context import Context
from ..domain.faults import FILE_FAULTS, ListFault
from ..domain.lists import ListStatus, ReceivedList
from .deadline import await_end
from .failing import cause_of
from .list_import import TECHNICAL_FAILURE, Outcome, Step, Workflow
from .ports import Files, Lists
from .report import document, with_reason, write_report
from .staging import VERIFIED, Part, Staging, StagingGone, identities, read_part


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
    received = begin_undoing(list_id, lists)
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


def begin_undoing(list_id: str, lists: Lists) -> ReceivedList:
    """Mark a list as being undone, unless it is closed; return it."""
    received = lists.get(list_id)
    if received.cancelled or received.closed:
        return received
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
