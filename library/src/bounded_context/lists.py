"""The steps of a context's list workflow, with its adapters. Every step can be repeated."""

from collections.abc import Callable, Collection, Iterable
from fractions import Fraction
from functools import cached_property
from typing import Any

from .application import importing, list_import, undoing
from .application.creating import RuleFailed
from .application.list_import import Outcome, Step, Upload
from .application.ports import Files, ImportedAggregates, Lists, SeenIds
from .application.staging import Part, StagedRow, TypedRow
from .application.validation import validate_list
from .application.verification import RowsCheck, verify_list
from .declaration.context import Context
from .domain.faults import Fault
from .domain.lists import ListStatus, PinnedFile, ReceivedList
from .domain.rows import Rejection

__all__ = [
    "Fault",
    "ListImport",
    "ListStatus",
    "Outcome",
    "Part",
    "PinnedFile",
    "ReceivedList",
    "Rejection",
    "RowsCheck",
    "RuleFailed",
    "StagedRow",
    "Step",
    "TypedRow",
    "Upload",
]


class ListImport:
    """The steps of the list workflow. Adapters that only some steps need are built on first use.

    Args:
        context: the context of the lists.
        lists: the record of every list received.
        files: the inbox.
        imported: builds the store of aggregates that lists create.
        seen_ids: builds an empty store of identities, for one file.
    """

    def __init__(
        self,
        context: Context[Any],
        lists: Lists,
        files: Files,
        imported: Callable[[], ImportedAggregates],
        seen_ids: Callable[[], SeenIds],
    ) -> None:
        self._context = context
        self.lists = lists
        self.files = files
        self._imported = imported
        self._seen_ids = seen_ids

    @cached_property
    def imported(self) -> ImportedAggregates:
        """The store of aggregates that lists create."""
        return self._imported()

    def register(self, upload: Upload, execution: str, max_bytes: int, temporary: Collection[str] = ()) -> Step:
        """Pin the uploaded file and record the list, once for all announcements of the file.

        ``execution`` names the workflow's execution. A file of more than ``max_bytes`` is refused. A file whose name
        has an ending in ``temporary`` is ignored, until it is renamed.

        Raises:
            NotAList: the file is in no partner's folder.
        """
        return list_import.register_list(upload, execution, max_bytes, self.lists, self.files, temporary)

    def validate(self, list_id: str, tolerated_share: Fraction, part_rows: int) -> Step:
        """Read the pinned file once; write good rows to parts of ``part_rows``, bad rows to the report.

        More bad rows than ``tolerated_share`` (0 to 1) reject the list. Parts have more rows if the list could have
        over 10,000 parts otherwise.
        """
        rows, seen = self._context.rows, self._seen_ids()
        return validate_list(list_id, tolerated_share, part_rows, rows, self.lists, self.files, seen)

    def verify(self, list_id: str, tolerated_share: Fraction, checks: Iterable[RowsCheck[Any]]) -> Step:
        """Run the checks on each part's rows; add failed rows to the report, and stage the others for the import.

        More bad rows than ``tolerated_share`` (0 to 1), including the rows that the validation rejected, reject the
        list.
        """
        form, commands, sums = self._context.rows, self._context.rows_as_commands, self._context.sums()
        return verify_list(list_id, tolerated_share, form, commands, sums, self.lists, self.files, checks)

    def import_part(self, list_id: str, part: Part) -> Step:
        """Write one part. The rest of the part is skipped if the list is being undone."""
        form = self._context.rows
        return importing.import_list(list_id, part, form, self.lists, self.files, self.imported)

    def undo_part(self, list_id: str, part: Part) -> Step:
        """Delete the rows of one part that this list wrote. From here on no invocation may write the list.

        Raises:
            StagingGone: the part may be in the table, and its rows can no longer be determined.
        """
        form = self._context.rows
        return undoing.undo_part(list_id, part, form, self.lists, self.files, self.imported)

    def compensate(self, list_id: str) -> ReceivedList:
        """Delete the rows that this list wrote, write the reason into the report, and return the list, closed.

        Raises:
            StagingGone: parts of the list may be in the table, and their rows can no longer be determined.
        """
        form = self._context.rows
        return undoing.compensate_error(list_id, form, self.lists, self.files, self.imported)
