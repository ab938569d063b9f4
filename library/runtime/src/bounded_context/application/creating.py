"""The rule of the command that creates, applied to each row of a list: lists obey the same rules as commands."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import is_
from time import perf_counter
from typing import Any, Generic, NoReturn, TypeVar

from ..declaration.context import Context
from ..domain.aggregate import Aggregate, Details
from ..domain.errors import BusinessError, Unavailable
from ..domain.faults import Fault
from ..domain.rows import Rejection
from .deadline import seconds_to_spare
from .ports import Aggregates, Throttled
from .results import RuleProgress
from .staging import TypedRow

D = TypeVar("D", bound=Details)
A = TypeVar("A", bound=Aggregate[Any, Any])

UseCase = Callable[[D, Aggregates[A]], A]
"""The rule of a command: it returns the resulting aggregate, or raises a BusinessError."""


class RuleFailed(Exception):
    """A rule does not support a row: it raised an exception other than a refusal, or created an unsupported aggregate.

    The message names the rule, the row's line and the remedy. It quotes no value of the row.
    """


class _NotForRows(Exception):
    """A rule's action is not possible for a row; the message is the reason."""


@dataclass(frozen=True)
class Ran:
    """The statistics of a rule that was run for the rows of a part, in a single try.

    ``seconds`` is the time for all ``rows``. ``refused`` counts the refused rows by the refusal's code.
    """

    rule: str
    rows: int
    seconds: float
    refused: Mapping[str, int]


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
        self._stored = aggregates
        self._ran = ran

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
        until, remaining = start + seconds_to_spare(), progress.remaining(rows)
        try:
            for row in remaining:
                if perf_counter() > until:
                    raise Throttled("the function's time is nearly over")
                progress.take(row, self._rejection(row, additions))
        finally:
            verified = sum(row.line <= progress.line for row in remaining)
            refused = Counter(rejection.code for rejection in progress.reported[before:])
            self._ran(Ran(self.name, verified, perf_counter() - start, refused))
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
            return Rejection(row.line, "", str(refused) or refused.title, Fault.RULE, refused.code)
        except _NotForRows as wrong:
            raise RuleFailed(self._failed(row, str(wrong))) from None
        except Exception as error:
            if error is additions.broken:
                raise
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
            if all(map(is_, own.values(), map(row.details.__dict__.get, own)))
            else self._changed_values(row, created)
        )

    def _changed_values(self, row: TypedRow[D], created: A) -> Mapping[str, Any] | None:
        if created.id != row.details.id:
            raise _NotForRows(f"it changes {self._identity}: let the row keep it")
        dumped = created.details.model_dump(mode="json")
        changed = {name: value for name, value in dumped.items() if row.values.get(name) != value}
        return {**row.values, **changed} if changed else None


def lacking_in_rows(context: Context[Any]) -> str:
    """Return the reason why rows cannot be read as the command that creates, with the remedy, or an empty text."""
    model, columns = context.creating.model, context.details.model_fields
    own = [name for name, field in model.model_fields.items() if field.is_required() and name not in columns]
    fields = ", ".join(own)
    return f"{model.__name__} requires {fields}, which no row has: give each a default." if own else ""
