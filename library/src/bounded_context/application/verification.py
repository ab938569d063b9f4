"""The step between validation and import: rows are checked against what the context knows. It can be repeated."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from ..domain.amounts import Amounts
from ..domain.faults import Fault
from ..domain.lists import ListStatus, ReceivedList, over_tolerance
from ..domain.rows import Rejection, Rows, rejected_rows
from . import report
from .list_import import Outcome, Step, counts, refuse
from .ports import Files, ImportedAggregates, Lists
from .report import Report
from .staging import VALIDATED, VERIFIED, Part, StagedRow, Staging, attempt, identities, read_part

RowsCheck = Callable[[list[StagedRow], str], list[Rejection]]
"""Says what is wrong with the rows of a part; the text is the id of their list."""


@dataclass
class _Verification:
    """What a pass over a list's parts has found so far; parts that have good rows are already passed on."""

    staging: Staging
    report: Report
    amounts: Amounts
    rejections: Counter[Fault] = field(default_factory=Counter)

    def take(self, part: Part, rows: list[StagedRow], rejections: list[Rejection]) -> None:
        bad = {rejection.line for rejection in rejections}
        good = [row for row in rows if row.line not in bad] if bad else rows
        self.report.add(rejections)
        self.rejections += rejected_rows(rejections)
        self.amounts.add(row.values for row in good)
        self._pass_on(part, good)

    def finish(self) -> None:
        self.staging.write_rejections(self.report.rows)
        self.staging.write_manifest(VERIFIED)

    def _pass_on(self, part: Part, good: list[StagedRow]) -> None:
        if len(good) == part.rows:
            self.staging.keep_part(part)
        elif good:
            self.staging.rewrite_part(part, good)


def verify_list(
    list_id: str,
    tolerated_share: Fraction,
    form: Rows,
    amounts: Amounts,
    lists: Lists,
    files: Files,
    checks: Iterable[RowsCheck],
) -> Step:
    """Put each part's rows to the checks; those that fail one join the report. What is left is ready to import.

    ``amounts`` sums up what is left.
    """
    received = lists.get(list_id)
    if received.status is not ListStatus.VALIDATED:
        return _step(received, lists, files)
    validated = Staging(files, list_id, received.staged)
    found = _Verification(Staging(files, list_id, attempt()), Report(validated.rejections()), amounts)
    checks = tuple(checks)
    for part in validated.manifest(VALIDATED):
        rows = read_part(files, part, form)
        found.take(part, rows, sorted(rejection for check in checks for rejection in check(rows, list_id)))
    return _step(_judged(received, found, tolerated_share, lists), lists, files)


def not_taken(aggregates: ImportedAggregates, id_field: str) -> RowsCheck:
    """Return the check that no row has the identity of what already exists and did not come with its list."""

    def check(rows: list[StagedRow], list_id: str) -> list[Rejection]:
        taken = aggregates.taken(list(identities(rows, id_field)), list_id)
        return [_taken(row, id_field) for row in rows if row.values[id_field] in taken]

    return check


def _taken(row: StagedRow, id_field: str) -> Rejection:
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
