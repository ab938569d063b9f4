"""The step between validation and import: checks rows against the data of the context. It can be repeated.

The parts of a list are verified in parallel. Then one call decides about the whole list, before any row is written.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import repeat
from typing import Any, TypeVar

from ..domain.aggregate import Details
from ..domain.faults import INVALID, Fault, ListFault
from ..domain.lists import Amounts, ListStatus, ReceivedList, over_tolerance
from ..domain.rows import Rejection, Rows, rejected_rows
from . import report
from .creating import CreatingRule
from .deadline import without_garbage_collection
from .list_import import Outcome, Step, Workflow, counts, refuse
from .ports import ImportedAggregates, Lists, References, Throttled
from .report import Report
from .results import PartResult, RuleProgress
from .staging import VALIDATED, VERIFIED, Part, StagedRow, Staging, TypedRow, attempt, identities, read_part

D = TypeVar("D", bound=Details)


RowsCheck = Callable[[Sequence[TypedRow[D]], str], list[Rejection]]
"""Return the rejections of the rows of a part; the text is the id of their list."""


class _Parts:
    """The verification of the parts of a list. Rows that differ from the staged rows are staged in the attempt."""

    def __init__(self, flow: Workflow, list_id: str, checks: Iterable[RowsCheck[Any]], staging: Staging) -> None:
        self._files, self._form, self._commands = flow.files, flow.form, flow.context.rows_as_commands
        self._list_id, self._checks, self._staging, self._sums = list_id, tuple(checks), staging, flow.context.sums

    def verified(self, part: Part) -> PartResult:
        """Run the checks on a part's rows, and stage the good rows."""
        with without_garbage_collection():
            rows, unread = typed(read_part(self._files, part, self._form), self._commands)
        failed = [rejection for check in self._checks for rejection in self._rejections(check, part, rows)]
        return self._result(part, rows, sorted([*unread, *failed]))

    def _rejections(self, check: RowsCheck[Any], part: Part, rows: Sequence[TypedRow[Any]]) -> list[Rejection]:
        """Run a check. If the rule is throttled, the next try of the part continues after its last verified row."""
        if not isinstance(check, CreatingRule):
            return check(rows, self._list_id)
        document = self._staging.progress(part)
        progress = RuleProgress.of(document) if document else RuleProgress()
        try:
            return check.resume(rows, progress)
        except Throttled:
            self._staging.write_progress(part, progress.as_json())
            raise

    def _result(self, part: Part, rows: Sequence[TypedRow[Any]], rejections: list[Rejection]) -> PartResult:
        bad = {rejection.line for rejection in rejections}
        good = [row for row in rows if row.line not in bad] if bad else rows
        reported, amounts = Report(), self._sums()
        reported.add(rejections)
        amounts.add(row.values if row.created is None else row.created for row in good)
        return PartResult(
            self._passed_on(part, good), reported.lines, reported.rejections, rejected_rows(rejections), amounts.sums()
        )

    def _passed_on(self, part: Part, good: Sequence[TypedRow[Any]]) -> Part | None:
        if len(good) == part.rows and all(row.created is None for row in good):
            return part
        return self._staging.rewrite_part(part, [row.imported for row in good]) if good else None


@dataclass
class _Decision:
    """The sum of the results of a list's parts so far."""

    staging: Staging
    report: Report
    amounts: Amounts
    rejected: Counter[str] = field(default_factory=Counter[str])

    def take(self, result: PartResult) -> None:
        if result.part:
            self.staging.keep_part(result.part)
        self.report.add_lines(result.lines, result.rejections)
        self.rejected.update(result.rejected)
        self.amounts.merge(result.amounts)

    def finish(self) -> None:
        self.staging.write_rejections(self.report.rows)
        self.staging.write_manifest(VERIFIED)


def verify_part(flow: Workflow, list_id: str, part: Part, checks: Iterable[RowsCheck[Any]]) -> Step:
    """Run the checks on a part's rows, and store the result for the decision about the list.

    Any try of a part may store its result: all tries read the same rows. A list that is not to be verified any more
    stays as it is.
    """
    received = flow.lists.get(list_id)
    if received.status is ListStatus.VALIDATED:
        result = _Parts(flow, list_id, checks, Staging(flow.files, list_id, attempt())).verified(part)
        Staging(flow.files, list_id, received.staged).write_result(part, result.as_json())
    return Step(list_id, Outcome.VERIFIED)


def verify_list(
    flow: Workflow,
    list_id: str,
    tolerated_share: Fraction,
    checks: Iterable[RowsCheck[Any]],
    outcome: Outcome | None = None,
) -> Step:
    """Decide whether the good rows of a list are imported, by the results of its parts.

    More bad rows than ``tolerated_share`` (0 to 1), including the rows that the validation rejected, reject the list.

    ``outcome`` is the answer of the workflow's previous step. After `VALIDATED`, a list of several parts is `SPLIT`:
    the workflow verifies the parts in parallel, and calls again with `SPLIT`. Parts without a result are verified here.
    A definition of an earlier release names no outcome, and this call verifies all parts.
    """
    received = flow.lists.get(list_id)
    if received.status is not ListStatus.VALIDATED:
        return _answer(received, flow)
    validated = Staging(flow.files, list_id, received.staged)
    parts = validated.manifest(VALIDATED)
    if outcome is Outcome.VALIDATED and len(parts) > 1:
        return Step(list_id, Outcome.SPLIT)
    results = validated.results(parts) if outcome is Outcome.SPLIT else repeat(None)
    decision = _Decision(Staging(flow.files, list_id, attempt()), Report(validated.rejections()), flow.context.sums())
    remaining = _Parts(flow, list_id, checks, decision.staging)
    for part, data in zip(parts, results, strict=False):
        decision.take(remaining.verified(part) if data is None else PartResult.of(data))
    return _answer(_record_result(received, decision, tolerated_share, flow.lists), flow)


def typed(staged: Sequence[StagedRow], commands: Rows) -> tuple[list[TypedRow[Any]], list[Rejection]]:
    """Return a part's rows with typed details, and the rejections of rows that the command's model does not accept.

    Another version may have staged the rows, or the command may require more than its details. The code of a rejection
    is the code that a caller gets.
    """
    read = commands.read_staged([row.line for row in staged], [row.values for row in staged])
    # Most parts have no rejected rows.
    good = staged if len(read.rows) == len(staged) else _of_lines(staged, {row.line for row in read.rows})
    rows = [TypedRow(row.line, checked.details, row.values) for row, checked in zip(good, read.rows, strict=True)]
    return rows, [rejection._replace(fault=Fault.RULE, rule=INVALID) for rejection in read.rejections]


def _of_lines(staged: Sequence[StagedRow], lines: set[int]) -> list[StagedRow]:
    return [row for row in staged if row.line in lines]


def not_taken(aggregates: ImportedAggregates, id_field: str) -> RowsCheck[Any]:
    """Return the check that no row has an existing identity, except an identity that its own list imported."""

    def check(rows: Sequence[TypedRow[Any]], list_id: str) -> list[Rejection]:
        existing = aggregates.taken(list(identities(rows, id_field)), list_id)
        return [_already_exists(row, id_field) for row in rows if row.values[id_field] in existing]

    return check


def _already_exists(row: TypedRow[Any], id_field: str) -> Rejection:
    return Rejection(row.line, id_field, f"{row.values[id_field]!r} already exists", Fault.EXISTS)


def _record_result(
    received: ReceivedList, decision: _Decision, tolerated_share: Fraction, lists: Lists
) -> ReceivedList:
    """Record the result for a list, unless another attempt has recorded one; return the record."""
    decision.finish()
    rows, rejections = received.rows, Counter[str](received.rejections) + decision.rejected
    facts = counts(rows, rejections) | {"verified": decision.staging.attempt or ""}
    if reason := over_tolerance(rejections.total(), rows, tolerated_share):
        return refuse(received.list_id, reason, lists, ListStatus.VALIDATED, code=ListFault.TOLERANCE, **facts)
    facts |= {"parts": len(decision.staging.parts), "amounts": decision.amounts.sums()}
    return lists.progress(received.list_id, ListStatus.IMPORTING, **facts)


def _answer(received: ReceivedList, flow: Workflow) -> Step:
    """Publish the recorded attempt's parts and report, and return the answer for the list."""
    if received.cancelled:
        return Step(received.list_id, Outcome.REJECTED)
    verified = Staging(flow.files, received.list_id, received.verified)
    verified.publish(VERIFIED)
    # Also without rejections: an empty report confirms a good list, and replaces the report of an earlier file.
    report.write_report(flow.files, flow.lists, received, report.document(verified.rejections()))
    return Step(received.list_id, Outcome.VERIFIED)


def known_to(references: References, field: str) -> RowsCheck[Any]:
    """Return the check that the reference of each row in a field is known; an empty reference is valid."""

    def check(rows: Sequence[TypedRow[Any]], _list_id: str) -> list[Rejection]:
        referring = [row for row in rows if row.values[field] is not None]
        existing = references.known(set(identities(referring, field)))
        return [_unknown(row, field) for row in referring if row.values[field] not in existing]

    return check


def _unknown(row: TypedRow[Any], field: str) -> Rejection:
    return Rejection(row.line, field, f"{row.values[field]!r} is not known here", Fault.UNKNOWN)
