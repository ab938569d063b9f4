"""The step between validation and import: rows are checked against what the context knows. It can be repeated."""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Generic, TypeVar

from ..context import INVALID
from ..domain.aggregate import Details
from ..domain.amounts import Amounts
from ..domain.faults import Fault
from ..domain.lists import ListStatus, ReceivedList, over_tolerance
from ..domain.rows import Rejection, Rows, rejected_rows
from . import report
from .list_import import Outcome, Step, counts, refuse
from .ports import Files, ImportedAggregates, Lists
from .report import Report
from .staging import VALIDATED, VERIFIED, Part, StagedRow, Staging, attempt, identities, read_part

D = TypeVar("D", bound=Details)


@dataclass(slots=True)
class TypedRow(Generic[D]):
    """A staged row as a check gets it.

    ``line`` is its line of the file. ``details`` has the values in the types of the model, such as Decimal and date.
    ``values`` are the same as staged, as JSON, with those that only a newer version knows. ``created`` is for the rule
    of the command that creates: the values to import, as JSON, if they differ from ``values``.
    """

    line: int
    details: D
    values: Mapping[str, Any]
    created: Mapping[str, Any] | None = None

    @property
    def imported(self) -> StagedRow:
        """The row as it is to be imported."""
        return StagedRow(self.line, dict(self.values if self.created is None else self.created))


RowsCheck = Callable[[Sequence[TypedRow[D]], str], list[Rejection]]
"""Return what is wrong with the rows of a part; the text is the id of their list."""


@dataclass
class _Verification:
    """What a pass over a list's parts has found so far; parts that have good rows are already passed on."""

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


def verify_list(
    list_id: str,
    tolerated_share: Fraction,
    form: Rows,
    commands: Rows,
    amounts: Amounts,
    lists: Lists,
    files: Files,
    checks: Iterable[RowsCheck[Any]],
) -> Step:
    """Put each part's rows to the checks; those that fail one join the report. What is left is ready to import.

    ``commands`` reads a row as the command that creates. It does so once, for all checks. ``amounts`` sums up what is
    left.
    """
    received = lists.get(list_id)
    if received.status is not ListStatus.VALIDATED:
        return _step(received, lists, files)
    validated = Staging(files, list_id, received.staged)
    found = _Verification(Staging(files, list_id, attempt()), Report(validated.rejections()), amounts)
    checks = tuple(checks)
    for part in validated.manifest(VALIDATED):
        with _collecting_later():
            rows, unread = typed(read_part(files, part, form), commands)
        found.take(part, rows, sorted([*unread, *(one for check in checks for one in check(rows, list_id))]))
    return _step(_judged(received, found, tolerated_share, lists), lists, files)


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Pause Python's search for cycles while a part's rows are built.

    The rows have no cycles. Each search visits all of them: together, the searches took a third of the step's time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def typed(staged: Sequence[StagedRow], commands: Rows) -> tuple[list[TypedRow[Any]], list[Rejection]]:
    """Return a part's rows with typed details, and what is wrong with those that the command's model refuses.

    Another version may have staged them, or the command may ask for more than its details. A caller gets the same code.
    """
    read = commands.read_staged([row.line for row in staged], [row.values for row in staged])
    # Most parts are read as a whole.
    good = staged if len(read.rows) == len(staged) else _of_lines(staged, {row.line for row in read.rows})
    rows = [TypedRow(row.line, found.details, row.values) for row, found in zip(good, read.rows, strict=True)]
    return rows, [one._replace(fault=Fault.RULE, rule=INVALID) for one in read.rejections]


def _of_lines(staged: Sequence[StagedRow], lines: set[int]) -> list[StagedRow]:
    return [row for row in staged if row.line in lines]


def not_taken(aggregates: ImportedAggregates, id_field: str) -> RowsCheck[Any]:
    """Return the check that no row has the identity of what already exists and did not come with its list."""

    def check(rows: Sequence[TypedRow[Any]], list_id: str) -> list[Rejection]:
        taken = aggregates.taken(list(identities(rows, id_field)), list_id)
        return [_taken(row, id_field) for row in rows if row.values[id_field] in taken]

    return check


def _taken(row: TypedRow[Any], id_field: str) -> Rejection:
    return Rejection(row.line, id_field, f"{row.values[id_field]!r} already exists", Fault.EXISTS)


def _judged(received: ReceivedList, found: _Verification, tolerated_share: Fraction, lists: Lists) -> ReceivedList:
    """Record the verdict on a list, unless another attempt has recorded one; return the record."""
    found.finish()
    rows, rejections = received.rows, Counter(received.rejections) + found.rejections
    facts = counts(rows, rejections) | {"verified": found.staging.attempt or ""}
    if reason := over_tolerance(rejections.total(), rows, tolerated_share):
        return refuse(received.list_id, reason, lists, ListStatus.VALIDATED, **facts)
    facts |= {"parts": len(found.staging.parts), "amounts": found.amounts.sums()}
    return lists.progress(received.list_id, ListStatus.IMPORTING, **facts)


def _step(received: ReceivedList, lists: Lists, files: Files) -> Step:
    """Return the answer for a list as it is recorded; the parts and the report that count are handed over."""
    if received.given_up:
        return Step(received.list_id, Outcome.REJECTED)
    verified = Staging(files, received.list_id, received.verified)
    verified.publish(VERIFIED)
    # Also without rejections: an empty report says that the list is good, and replaces that of an earlier file.
    report.write_report(files, lists, received, report.document(verified.rejections()))
    return Step(received.list_id, Outcome.VERIFIED)
