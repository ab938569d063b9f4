"""The step between validation and import: checks rows against the data of the context. It can be repeated."""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeVar

from ..domain.aggregate import Details
from ..domain.amounts import Amounts
from ..domain.faults import INVALID, Fault, ListFault
from ..domain.lists import ListStatus, ReceivedList, over_tolerance
from ..domain.rows import Rejection, Rows, rejected_rows
from . import report
from .list_import import Outcome, Step, Workflow, counts, refuse
from .ports import Files, ImportedAggregates, Lists, References
from .report import Report
from .staging import VALIDATED, VERIFIED, Part, StagedRow, Staging, TypedRow, attempt, identities, read_part

D = TypeVar("D", bound=Details)


RowsCheck = Callable[[Sequence[TypedRow[D]], str], list[Rejection]]
"""Return the rejections of the rows of a part; the text is the id of their list."""


@dataclass
class _Verification:
    """The results of a pass over a list's parts so far; parts with good rows are already passed on."""

    staging: Staging
    report: Report
    amounts: Amounts
    rejections: Counter[Fault] = field(default_factory=Counter)

    def take(self, part: Part, rows: Sequence[TypedRow[Any]], rejections: list[Rejection]) -> None:
        bad = {rejection.line for rejection in rejections}
        good = [row for row in rows if row.line not in bad] if bad else rows
        self.report.add(rejections)
        self.rejections += rejected_rows(rejections)
        self.amounts.add(row.values if row.created is None else row.created for row in good)
        self._pass_on(part, good)

    def finish(self) -> None:
        self.staging.write_rejections(self.report.rows)
        self.staging.write_manifest(VERIFIED)

    def _pass_on(self, part: Part, good: Sequence[TypedRow[Any]]) -> None:
        if len(good) == part.rows and all(row.created is None for row in good):
            self.staging.keep_part(part)
        elif good:
            self.staging.rewrite_part(part, [row.imported for row in good])


def verify_list(flow: Workflow, list_id: str, tolerated_share: Fraction, checks: Iterable[RowsCheck[Any]]) -> Step:
    """Run the checks on each part's rows; add failed rows to the report, and stage the others for the import.

    More bad rows than ``tolerated_share`` (0 to 1), including the rows that the validation rejected, reject the list.
    """
    lists, files = flow.lists, flow.files
    received = lists.get(list_id)
    if received.status is not ListStatus.VALIDATED:
        return _answer(received, lists, files)
    form, commands, amounts = flow.form, flow.context.rows_as_commands, flow.context.sums()
    validated = Staging(files, list_id, received.staged)
    found = _Verification(Staging(files, list_id, attempt()), Report(validated.rejections()), amounts)
    checks = tuple(checks)
    for part in validated.manifest(VALIDATED):
        with _without_garbage_collection():
            rows, unread = typed(read_part(files, part, form), commands)
        failed = [rejection for check in checks for rejection in check(rows, list_id)]
        found.take(part, rows, sorted([*unread, *failed]))
    return _answer(_judged(received, found, tolerated_share, lists), lists, files)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Pause Python's garbage collector while a part's rows are built.

    The rows have no cycles. Each collection visits all of them: together, they took a third of the step's time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def typed(staged: Sequence[StagedRow], commands: Rows) -> tuple[list[TypedRow[Any]], list[Rejection]]:
    """Return a part's rows with typed details, and the rejections of rows that the command's model does not accept.

    Another version may have staged the rows, or the command may require more than its details. The code of a rejection
    is the code that a caller gets.
    """
    read = commands.read_staged([row.line for row in staged], [row.values for row in staged])
    # Most parts have no rejected rows.
    good = staged if len(read.rows) == len(staged) else _of_lines(staged, {row.line for row in read.rows})
    rows = [TypedRow(row.line, found.details, row.values) for row, found in zip(good, read.rows, strict=True)]
    return rows, [rejection._replace(fault=Fault.RULE, rule=INVALID) for rejection in read.rejections]


def _of_lines(staged: Sequence[StagedRow], lines: set[int]) -> list[StagedRow]:
    return [row for row in staged if row.line in lines]


def not_taken(aggregates: ImportedAggregates, id_field: str) -> RowsCheck[Any]:
    """Return the check that no row has an existing identity, except an identity that its own list imported."""

    def check(rows: Sequence[TypedRow[Any]], list_id: str) -> list[Rejection]:
        taken = aggregates.taken(list(identities(rows, id_field)), list_id)
        return [_taken(row, id_field) for row in rows if row.values[id_field] in taken]

    return check


def _taken(row: TypedRow[Any], id_field: str) -> Rejection:
    return Rejection(row.line, id_field, f"{row.values[id_field]!r} already exists", Fault.EXISTS)


def _judged(received: ReceivedList, found: _Verification, tolerated_share: Fraction, lists: Lists) -> ReceivedList:
    """Record the result for a list, unless another attempt has recorded one; return the record."""
    found.finish()
    rows, rejections = received.rows, Counter(received.rejections) + found.rejections
    facts = counts(rows, rejections) | {"verified": found.staging.attempt or ""}
    if reason := over_tolerance(rejections.total(), rows, tolerated_share):
        return refuse(received.list_id, reason, lists, ListStatus.VALIDATED, code=ListFault.TOLERANCE, **facts)
    facts |= {"parts": len(found.staging.parts), "amounts": found.amounts.sums()}
    return lists.progress(received.list_id, ListStatus.IMPORTING, **facts)


def _answer(received: ReceivedList, lists: Lists, files: Files) -> Step:
    """Publish the recorded attempt's parts and report, and return the answer for the list."""
    if received.cancelled:
        return Step(received.list_id, Outcome.REJECTED)
    verified = Staging(files, received.list_id, received.verified)
    verified.publish(VERIFIED)
    # Also without rejections: an empty report confirms a good list, and replaces the report of an earlier file.
    report.write_report(files, lists, received, report.document(verified.rejections()))
    return Step(received.list_id, Outcome.VERIFIED)


def known_to(references: References, field: str) -> RowsCheck[Any]:
    """Return the check that the reference of each row in a field is known; an empty reference is valid."""

    def check(rows: Sequence[TypedRow[Any]], _list_id: str) -> list[Rejection]:
        referring = [row for row in rows if row.values[field] is not None]
        known = references.known(set(identities(referring, field)))
        return [_unknown(row, field) for row in referring if row.values[field] not in known]

    return check


def _unknown(row: TypedRow[Any], field: str) -> Rejection:
    return Rejection(row.line, field, f"{row.values[field]!r} is not known here", Fault.UNKNOWN)
