"""The undo and the close of a list whose staged parts are gone, by the rows that the table has."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from bounded_context.application.calls import await_end
from bounded_context.application.importing import begin_undoing, closed, report_of
from bounded_context.application.ports import Files, Lists
from bounded_context.application.results import with_reason, write_report
from bounded_context.application.staging import StagingGone
from bounded_context.declaration.context import Context
from bounded_context.domain.lists import ListStatus, ReceivedList

SETTLE_SECONDS: Final = 15
"""The pause before the last pass over the rows: all writes are then in the index.

A write appears in an index "within 1 second" (AWS re:Post, "Why are table items missing in my DynamoDB global secondary
index?"). AWS gives no upper bound.
"""


class ListRows(Protocol):
    """The rows of lists in the table."""

    def of_list(self, list_id: str) -> Iterator[Sequence[str]]:
        """Yield the identities of a list's rows, page by page. Recent writes may be missing."""
        ...

    def undo_rows(self, list_id: str, identities: Sequence[str]) -> None:
        """Delete all aggregates of the given identities that this list created, and keep the others."""
        ...


@dataclass
class Closing:
    """The steps that undo and close a list without its staged parts. They can be repeated.

    ``publish`` publishes the event of the closed list, and ``pause`` waits for a number of seconds. ``undone`` counts
    the rows that were deleted.
    """

    context: Context[Any]
    lists: Lists
    files: Files
    rows: ListRows
    publish: Callable[[ReceivedList], None]
    pause: Callable[[float], None]
    undone: int = field(default=0, init=False)

    def close(self, list_id: str, caught: str) -> ReceivedList:
        """Delete the rows that a list wrote, write its report, publish its event, and close it; return its record.

        ``caught`` is the error of the list's execution, which must have ended. A closed list stays as it is. The event
        is published before the list is closed: a run that is killed between both publishes it again, with the same id.
        """
        received = begin_undoing(list_id, self.lists)
        if received.closed:
            return received
        await_end(max(received.writers.values(), default=0))
        self._undo_all(list_id)
        write_report(self.files, self.lists, received, self._report(received))
        status = ListStatus.FAILED if received.failed else ListStatus.REJECTED
        self.publish(replace(received, status=status))
        return closed(self.context, self.lists, received, caught)

    def _undo_all(self, list_id: str) -> None:
        """Delete rows until a pass that began after a pause finds no row."""
        self._undo(list_id)
        self.pause(SETTLE_SECONDS)
        while self._undo(list_id):
            self.pause(SETTLE_SECONDS)

    def _undo(self, list_id: str) -> int:
        before = self.undone
        for page in self.rows.of_list(list_id):
            self.rows.undo_rows(list_id, page)
            self.undone += len(page)
        return self.undone - before

    def _report(self, received: ReceivedList) -> bytes:
        """Return the partner's report. If the lines of the rejected rows are gone, it has only the reason."""
        try:
            return report_of(received, self.files)
        except StagingGone:
            return with_reason("", received.reason or "", received.code)
