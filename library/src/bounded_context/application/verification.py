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
from .staging import VALIDATED, VERIFIED, Part, StagedRow, Staging, identities, read_part

RowsCheck = Callable[[list[StagedRow], str], list[Rejection]]
"""Says what is wrong with the rows of a part; the text is the id of their list."""

_FOUND_BEFORE = (Fault.CELLS, Fault.VALUE, Fault.REPEATED)
"""What the validation finds."""


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
    validated = Staging(files, list_id)
    found = _Verification(Staging(files, list_id), Report(validated.rejections()), amounts)
    checks = tuple(checks)
    for part in validated.manifest(VALIDATED):
        rows = read_part(files, part, form)
        found.take(part, rows, sorted(rejection for check in checks for rejection in check(rows, list_id)))
    if found.rejections:
        files.write(received.file.report_key, report.document(found.report.rows))
    return _judged(received, found, tolerated_share, lists)


def not_taken(aggregates: ImportedAggregates, id_field: str) -> RowsCheck:
    """Return the check that no row has the identity of what already exists and did not come with its list."""

    def check(rows: list[StagedRow], list_id: str) -> list[Rejection]:
        taken = aggregates.taken(list(identities(rows, id_field)), list_id)
        return [_taken(row, id_field) for row in rows if row.values[id_field] in taken]

    return check


def _taken(row: StagedRow, id_field: str) -> Rejection:
    return Rejection(row.line, id_field, f"{row.values[id_field]!r} already exists", Fault.EXISTS)


def _judged(received: ReceivedList, found: _Verification, tolerated_share: Fraction, lists: Lists) -> Step:
    rows, rejections = received.rows, _before_verification(received) + found.rejections
    if reason := over_tolerance(rejections.total(), rows, tolerated_share):
        return refuse(received.list_id, reason, lists, **counts(rows, rejections))
    found.staging.write_manifest(VERIFIED)
    facts = counts(rows, rejections) | {"parts": len(found.staging.parts), "amounts": found.amounts.sums()}
    lists.progress(received.list_id, ListStatus.IMPORTING, **facts)
    return Step(received.list_id, Outcome.VERIFIED)


def _before_verification(received: ReceivedList) -> Counter[Fault]:
    # The record may hold what an earlier try of the verification found: a second one must not count that again.
    return Counter({fault: rows for fault, rows in received.rejections.items() if fault in _FOUND_BEFORE})
