"""The list workflow's steps of a context, over its adapters. Every step can be repeated."""

from collections.abc import Callable, Collection, Iterable
from fractions import Fraction
from functools import cached_property
from typing import Any

from .application import importing, list_import, undoing
from .application.creating import RuleFailed
from .application.list_import import Outcome, Step, Upload
from .application.ports import Files, ImportedAggregates, Lists, SeenIds
from .application.staging import Part, StagedRow
from .application.validation import validate_list
from .application.verification import RowsCheck, TypedRow, verify_list
from .context import Context
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
    """The steps. What is only needed by some of them is built by the first that needs it.

    Args:
        context: whose lists they are.
        lists: the record of every list received.
        files: the inbox.
        imported: builds the aggregates that lists bring.
        seen_ids: builds an empty memory of identities, for one file.
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
        """The aggregates that lists bring."""
        return self._imported()

    def register(self, upload: Upload, execution: str, max_bytes: int, temporary: Collection[str] = ()) -> Step:
        """Pin the uploaded file and record the list, once however often the file is announced.

        ``execution`` names the workflow's run that asks; a file of more than ``max_bytes`` is refused; one whose name
        ends as one of ``temporary`` is ignored, until it is renamed.

        Raises:
            NotAList: the file lies in no partner's folder.
        """
        return list_import.register_list(upload, execution, max_bytes, self.lists, self.files, temporary)

    def validate(self, list_id: str, tolerated_share: Fraction, part_rows: int) -> Step:
        """Read the pinned file once: good rows go to parts of ``part_rows``, bad ones to the report.

        More bad rows than ``tolerated_share`` (0 to 1) reject the list. Parts have more rows if the list could have
        over 10,000 parts otherwise.
        """
        rows, seen = self._context.rows, self._seen_ids()
        return validate_list(list_id, tolerated_share, part_rows, rows, self.lists, self.files, seen)

    def verify(self, list_id: str, tolerated_share: Fraction, checks: Iterable[RowsCheck[Any]]) -> Step:
        """Put each part's rows to the checks; those that fail one join the report. What is left is ready to import.

        More bad rows than ``tolerated_share`` (0 to 1), those of the validation included, reject the list.
        """
        form, commands, sums = self._context.rows, self._context.rows_as_commands, self._context.sums()
        return verify_list(list_id, tolerated_share, form, commands, sums, self.lists, self.files, checks)

    def import_part(self, list_id: str, part: Part) -> Step:
        """Write one part. What is left of it when the list is being given up is left out."""
        form = self._context.rows
        return importing.import_list(list_id, part, form, self.lists, self.files, self.imported)

    def undo_part(self, list_id: str, part: Part) -> Step:
        """Undo what this list wrote of one part, and only that; nobody writes any more of the list from here on.

        Raises:
            StagingGone: the part may be in the table, and which rows it has can no longer be determined.
        """
        form = self._context.rows
        return undoing.undo_part(list_id, part, form, self.lists, self.files, self.imported)

    def compensate(self, list_id: str) -> ReceivedList:
        """Undo what is left of a list, and only that; say why in the report; return the list, closed.

        Raises:
            StagingGone: parts of the list may be in the table, and which rows they have can no longer be determined.
        """
        form = self._context.rows
        return undoing.compensate_error(list_id, form, self.lists, self.files, self.imported)
