"""The step between validation and import: checks rows against the data of the context. It can be repeated.

The parts of a list are verified in parallel. Then one call decides about the whole list, before any row is written.
Rows obey the rule of the command that creates, as commands do.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import repeat
from operator import is_
from time import perf_counter
from typing import Any, Final, Generic, NoReturn, TypeVar

from ..declaration.context import Context
from ..domain.aggregate import Aggregate, BusinessError, Details, State, Unavailable
from ..domain.faults import INVALID, Fault, ListFault
from ..domain.lists import Amounts, ListStatus, ReceivedList, over_tolerance
from ..domain.rows import Rejection, Rows, rejected_rows
from .calls import seconds_to_spare, without_garbage_collection
from .list_import import Outcome, Step, Workflow, counts, refuse
from .ports import Aggregates, Copies, ImportedAggregates, References, Throttled
from .results import PartResult, Report, RuleProgress, by_line, document, write_report
from .staging import VALIDATED, VERIFIED, Part, StagedRow, Staging, TypedRow, attempt, identities, read_part

D = TypeVar("D", bound=Details)
A = TypeVar("A", bound=Aggregate[Any, Any])

UseCase = Callable[[D, Aggregates[A]], A]
"""The rule of a command: it returns the resulting aggregate, or raises a BusinessError."""


OF_VALUES: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""The exceptions of a rule that are a fault of its row: other rows have other values, and a retry has the same."""


class RuleFailed(Exception):
    """A rule supports no row: it raised an exception other than a refusal, or created an unsupported aggregate.

    Exceptions that values cause (``OF_VALUES``) reject their row alone.

    The message names the rule, the row's line and the remedy. It quotes no value of the row.
    """


class _NotForRows(Exception):
    """A rule's action is not possible for a row; the message is the reason."""


@dataclass(frozen=True)
class Ran:
    """The statistics of a rule that was run for the rows of a part, in a single try.

    ``seconds`` is the time for all ``rows``. ``refused`` counts the refused rows by the refusal's code. ``failure`` is
    the last exception that rejected a row.
    """

    rule: str
    rows: int
    seconds: float
    refused: Mapping[str, int]
    failure: Exception | None = None


class _Additions(Generic[A]):
    """The aggregates that a rule gets: it reads the stored aggregates, and its additions are collected.

    ``broken`` is the exception of a failed read of the stored aggregates, if it is not a refusal.
    """

    def __init__(self, aggregates: Aggregates[A]) -> None:
        self._stored = aggregates
        self.added: list[A] = []
        self.broken: Exception | None = None

    def get(self, identity: str) -> A:
        """Return the aggregate that the rule has added, or else the stored aggregate. Raises NotFound."""
        own = next((added for added in self.added if added.id == identity), None)
        return self._read(identity) if own is None else own

    def _read(self, identity: str) -> A:
        try:
            return self._stored.get(identity)
        except BusinessError:
            raise
        except Exception as error:
            self.broken = error
            raise

    def add(self, aggregate: A) -> None:
        """Collect a new aggregate."""
        self.added.append(aggregate)

    def save(self, aggregate: A) -> NoReturn:  # noqa: ARG002
        """Refuse to change an aggregate."""
        raise _NotForRows("it calls save: let a rule that creates read and add only")

    def remove(self, aggregate: A) -> NoReturn:  # noqa: ARG002
        """Refuse to remove an aggregate."""
        raise _NotForRows("it calls remove: let a rule that creates read and add only")


class CreatingRule(Generic[D, A]):
    """The check that each row obeys the rule of the command that creates. It is a ``RowsCheck``.

    The rule gets the row as the command. It reads the stored aggregates: rows of a list do not see each other. The
    aggregate that it adds is imported; ``TypedRow.created`` has its values if they differ from the row's.

    Args:
        context: the context of the lists.
        use_case: the rule of its command that creates.
        aggregates: the stored aggregates, for rules that read them.
        ran: is called for each part.

    Raises:
        ValueError: rows cannot be read as the command.
    """

    def __init__(
        self,
        context: Context[A],
        use_case: UseCase[D, A],
        aggregates: Aggregates[A],
        ran: Callable[[Ran], None] = lambda _: None,
    ) -> None:
        if lacking := lacking_in_rows(context):
            raise ValueError(lacking)
        self.use_case = use_case
        self._identity = context.identity
        self._first = context.initial_status
        self._state = None if context.state is State else context.state()
        self._stored = aggregates
        self._ran = ran
        self._failure: Exception | None = None

    @property
    def name(self) -> str:
        """The name of the rule's function."""
        return getattr(self.use_case, "__name__", type(self.use_case).__name__)

    def __call__(self, rows: Sequence[TypedRow[D]], list_id: str) -> list[Rejection]:  # noqa: ARG002
        """Run the rule for the rows of a part, and return the rejections.

        Raises:
            RuleFailed: the rule neither refused a row nor added one new aggregate for it.
            Throttled: a call of the rule was throttled or not answered, or the function's time is nearly over. The
                workflow retries the step.
        """
        return self.resume(rows, RuleProgress())

    def resume(self, rows: Sequence[TypedRow[D]], progress: RuleProgress) -> list[Rejection]:
        """Run the rule for the rows of a part that have no result in ``progress``, and return all rejections.

        ``progress`` gets the result of each row. Raises as a call does.
        """
        start, additions, before = perf_counter(), _Additions(self._stored), len(progress.reported)
        self._failure = None
        until, remaining = start + seconds_to_spare(), progress.remaining(rows)
        try:
            for row in remaining:
                if perf_counter() > until:
                    raise Throttled("the function's time is nearly over")
                progress.take(row, self._rejection(row, additions))
        finally:
            verified = sum(row.line <= progress.line for row in remaining)
            refused = Counter(rejection.code for rejection in progress.reported[before:])
            self._ran(Ran(self.name, verified, perf_counter() - start, refused, self._failure))
        return progress.reported

    def _rejection(self, row: TypedRow[D], additions: _Additions[A]) -> Rejection | None:
        additions.added.clear()
        try:
            self.use_case(row.details, additions)
            row.created = self._values_to_import(row, additions.added)
        except Unavailable as refused:
            raise Throttled(refused.code) from refused
        except Throttled:
            raise
        except BusinessError as refused:
            return Rejection(row.line, refused.field, str(refused) or refused.title, Fault.RULE, refused.code)
        except _NotForRows as wrong:
            raise RuleFailed(self._failed(row, str(wrong))) from None
        except Exception as error:
            if error is additions.broken:
                raise
            if isinstance(error, OF_VALUES):
                self._failure = error
                return Rejection(row.line, "", f"the rule {self.name} fails for this row", Fault.BROKEN)
            raise RuleFailed(self._failed(row, f"it raised {type(error).__name__}")) from error
        return None

    def _failed(self, row: TypedRow[D], why: str) -> str:
        return f"the rule {self.name} fails for the row on line {row.line}: {why}"

    def _values_to_import(self, row: TypedRow[D], added: list[A]) -> Mapping[str, Any] | None:
        """Return the values to import, or None if they are those of the row. Most rows end at the fast comparison."""
        if len(added) != 1:
            raise _NotForRows(f"it adds {len(added)} aggregates: let it add one")
        created = added[0]
        if created.status is not self._first or created.version != 1:
            state = f"version {created.version} in status {created.status}"
            raise _NotForRows(f"it adds {state}: rows are imported as version 1 in status {self._first}")
        if created.list_id is not None:
            raise _NotForRows("it sets list_id: the import sets it")
        # `Details.of` copies references: the values of most rows are the same objects.
        own = created.details.__dict__
        return (
            None
            if self._is_new(created.state) and all(map(is_, own.values(), map(row.details.__dict__.get, own)))
            else self._changed_values(row, created)
        )

    def _is_new(self, state: State) -> bool:
        return self._state is None or state == self._state

    def _changed_values(self, row: TypedRow[D], created: A) -> Mapping[str, Any] | None:
        if created.id != row.details.id:
            raise _NotForRows(f"it changes {self._identity}: let the row keep it")
        changed = {name: value for name, value in created.stored.items() if row.values.get(name) != value}
        return {**row.values, **changed} if changed else None


def lacking_in_rows(context: Context[Any]) -> str:
    """Return the reason why rows cannot be read as the command that creates, with the remedy, or an empty text."""
    model, columns = context.creating.model, context.details.model_fields
    own = [name for name, field in model.model_fields.items() if field.is_required() and name not in columns]
    fields = ", ".join(own)
    return f"{model.__name__} requires {fields}, which no row has: give each a default." if own else ""


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
        self.staging.write_rejections(by_line(self.report.rows))
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
    return _answer(_record_result(received, decision, tolerated_share, flow), flow)


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
        own = [(row.line, row.values[id_field]) for row in rows if row.values[id_field] in existing]
        return [Rejection(line, id_field, f"{identity!r} already exists", Fault.EXISTS) for line, identity in own]

    return check


def _record_result(
    received: ReceivedList, decision: _Decision, tolerated_share: Fraction, flow: Workflow
) -> ReceivedList:
    """Record the result for a list, unless another attempt has recorded one; return the record."""
    lists, approval = flow.lists, flow.context.approval
    decision.finish()
    rows, rejections = received.rows, Counter[str](received.rejections) + decision.rejected
    facts = counts(rows, rejections) | {"verified": decision.staging.attempt or ""}
    if reason := over_tolerance(rejections.total(), rows, tolerated_share):
        return refuse(received.list_id, reason, lists, ListStatus.VALIDATED, code=ListFault.TOLERANCE, **facts)
    valid, amounts = rows - rejections.total(), decision.amounts.sums()
    facts |= {"parts": len(decision.staging.parts), "amounts": amounts}
    own = {"rows": rows, "valid": valid, "rejected": rejections.total(), "partner": received.file.partner}
    if approval and approval.rule(flow.context.totals(amounts, **own)):
        facts["waits_since"] = int(time.time())
    return lists.progress(received.list_id, ListStatus.IMPORTING, **facts)


def _answer(received: ReceivedList, flow: Workflow) -> Step:
    """Publish the recorded attempt's parts and report, and return the answer for the list."""
    if received.cancelled:
        return Step(received.list_id, Outcome.REJECTED)
    verified = Staging(flow.files, received.list_id, received.verified)
    verified.publish(VERIFIED)
    # Also without rejections: an empty report confirms a good list, and replaces the report of an earlier file.
    write_report(flow.files, flow.lists, received, document(verified.rejections()))
    return Step(received.list_id, Outcome.VERIFIED)


Judge = Callable[[TypedRow[Any], Mapping[str, Any]], str | None]
"""Returns why a row does not fit the copied fields of another context's aggregate, or None if it does."""


def known_to(references: References, field: str) -> RowsCheck[Any]:
    """Return the check that the reference of each row in a field is known; an empty reference is valid."""

    def check(rows: Sequence[TypedRow[Any]], _list_id: str) -> list[Rejection]:
        referring = _referring(rows, field)
        existing = references.known({identity for _, identity in referring})
        unknown = [(row.line, identity) for row, identity in referring if identity not in existing]
        return [Rejection(line, field, f"{identity!r} is not known here", Fault.UNKNOWN) for line, identity in unknown]

    return check


def copied_in(copies: Copies, field: str, judge: Judge) -> RowsCheck[Any]:
    """Return the check of each row with the copy to which it refers in a field; an unknown reference is valid."""

    def check(rows: Sequence[TypedRow[Any]], _list_id: str) -> list[Rejection]:
        referring = _referring(rows, field)
        fields = copies.copies({identity for _, identity in referring})
        reasons = ((row, judge(row, fields[identity])) for row, identity in referring if identity in fields)
        return [Rejection(row.line, field, reason, Fault.RULE) for row, reason in reasons if reason]

    return check


def _referring(rows: Sequence[TypedRow[Any]], field: str) -> list[tuple[TypedRow[Any], Any]]:
    """Return the rows with a reference in a field, each with the identity to which it refers."""
    attribute = rows[0].details.stored_names[field] if rows else field
    return [(row, row.values[attribute]) for row in rows if row.values[attribute] is not None]
