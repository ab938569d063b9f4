"""The list workflow's step that writes a part of a list. A repeated step continues where the previous try stopped."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..domain.lists import ListStatus
from ..domain.reasons import enumerated
from ..domain.rows import Rows
from .list_import import Outcome, Step, refuse
from .ports import AlreadyTaken, Files, ImportedAggregates, Lists, Throttled
from .reading import chunks
from .staging import Part, StagedRow, read_part
from .writers import await_end, latest_end

ROWS_AT_ONCE: Final = 1000
"""Rows that are written before the list's record is updated: a repeated step starts after the last recorded row."""


@dataclass
class _Writing:
    """One invocation's work on a part. ``earlier`` is the end of an earlier writer's time, in seconds since 1970."""

    list_id: str
    part: Part
    lists: Lists
    aggregates: ImportedAggregates
    traceparent: str | None
    writer: str
    earlier: int
    rows: int

    def write(self, staged: list[StagedRow]) -> Outcome:
        """Write the remaining rows of a part."""
        for number, rows in enumerate(chunks(staged[self.rows :], ROWS_AT_ONCE)):
            if number and not self.lists.keep_part(self.list_id, self.part.part, self.writer, self.rows):
                return self._stopped()
            self.aggregates.import_rows(self.list_id, [_values(row) for row in rows], self.traceparent)
            self.rows += len(rows)
        # The rows of an imported part may change or be deleted: first wait until no writer can write them any more.
        await_end(self._end)
        done = self.lists.part_imported(self.list_id, self.part.part, self.writer)
        return Outcome.IMPORTED if done else self._stopped()

    @property
    def _end(self) -> int:
        """The time by which requests of other writers, and unanswered requests of this call, have taken effect."""
        return max(self.earlier, self.aggregates.unanswered)

    def _stopped(self) -> Outcome:
        """Stop writing the part. Raises Throttled if another call may write it."""
        self.leave()
        if self.lists.get(self.list_id).status is ListStatus.IMPORTING:
            raise Throttled("another call writes this part")
        return Outcome.REFUSED

    def leave(self) -> None:
        """Record that this call writes no more, and the time until which its requests may take effect."""
        self.lists.leave_part(self.list_id, self.part.part, self.writer, self.rows, self._end)


def import_list(
    list_id: str, part: Part, form: Rows, lists: Lists, files: Files, aggregates: ImportedAggregates
) -> Step:
    """Write one part. The rest of the part is skipped if the list is being undone.

    Raises:
        Throttled: the table throttles, or the function's time is nearly over, or an earlier invocation may still write.
            The next try starts with the first row that is not recorded as written.
    """
    writer = secrets.token_hex(8)
    taken, before = lists.take_part(list_id, part.part, writer, latest_end())
    if not taken:
        written = part.part in before.imported_parts and not before.given_up
        return Step(list_id, Outcome.IMPORTED if written else Outcome.REFUSED)
    earlier, rows = before.writers.get(part.part, 0), before.written.get(part.part, 0)
    writing = _Writing(list_id, part, lists, aggregates, before.traceparent, writer, earlier, rows)
    return Step(list_id, _written(writing, files, form))


def _written(writing: _Writing, files: Files, form: Rows) -> Outcome:
    try:
        return writing.write(read_part(files, writing.part, form))
    except AlreadyTaken as conflict:
        refuse(writing.list_id, _conflict(form.identity, conflict), writing.lists, ListStatus.IMPORTING)
        writing.leave()
        return Outcome.REFUSED
    except Exception:
        writing.leave()
        raise


def _conflict(identity: str, conflict: AlreadyTaken) -> str:
    return f"{identity} {enumerated(conflict.identities)} was created while the list was imported"


def _values(row: StagedRow) -> Mapping[str, Any]:
    return row.values
