"""The rule of the command that creates, run for each row of a list: lists obey what commands obey."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import is_
from time import perf_counter
from typing import Any, Generic, NoReturn, TypeVar

from ..context import Context
from ..domain.aggregate import Aggregate, Details
from ..domain.errors import BusinessError
from ..domain.faults import Fault
from ..domain.rows import Rejection
from .ports import Aggregates
from .verification import TypedRow

D = TypeVar("D", bound=Details)
A = TypeVar("A", bound=Aggregate[Any, Any])

UseCase = Callable[[D, Aggregates[A]], A]
"""The rule of a command: it returns what the command leaves, or raises a BusinessError."""


class RuleFailed(Exception):
    """A rule cannot be run for a row: it raised what is no refusal, or created what no row can bring.

    The message names the rule, the row's line and what to do. It quotes no value of the row.
    """


class _NotForRows(Exception):
    """Why what a rule did cannot be done for a row."""


@dataclass(frozen=True)
class Ran:
    """How a rule was run for the rows of a part.

    ``seconds`` is the time that it took for all of them. ``refused`` counts the refused rows by the refusal's code.
    """

    rule: str
    rows: int
    seconds: float
    refused: Mapping[str, int]


class _Additions(Generic[A]):
    """The aggregates as a rule meets them: it reads the stored ones, and what it adds for a row is collected.

    ``broken`` is what a read of the stored aggregates failed with, if that is no refusal.
    """

    def __init__(self, stored: Aggregates[A]) -> None:
        self._stored = stored
        self.added: list[A] = []
        self.broken: Exception | None = None

    def get(self, identity: str) -> A:
        """Return what the rule has added, or else the stored aggregate. Raises NotFound."""
        own = next((one for one in self.added if one.id == identity), None)
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
    """The check that the rule of the command that creates takes each row. It is a ``RowsCheck``.

    The rule gets the row as the command. Aggregates that it reads are the stored ones: rows of a list do not see each
    other. What it adds is imported: where its details differ from the row's, in ``TypedRow.created``.

    Args:
        context: whose lists they are.
        command: the model of the command that creates.
        use_case: its rule.
        stored: the stored aggregates, for rules that read some.
        ran: is called for each part.

    Raises:
        LookupError: the context has no such command.
        ValueError: rows cannot be read as the command.
    """

    def __init__(
        self,
        context: Context[A],
        command: type[D],
        use_case: UseCase[D, A],
        stored: Aggregates[A],
        ran: Callable[[Ran], None] = lambda _: None,
    ) -> None:
        _refuse_others(context, command)
        self.command = command
        self.use_case = use_case
        self._identity = context.identity
        self._first = context.first
        self._stored = stored
        self._ran = ran

    @property
    def name(self) -> str:
        """The name of the rule's function."""
        return getattr(self.use_case, "__name__", type(self.use_case).__name__)

    def __call__(self, rows: Sequence[TypedRow[D]], list_id: str) -> list[Rejection]:  # noqa: ARG002
        """Run the rule for the rows of a part, and return those that it refuses.

        Raises:
            RuleFailed: the rule did for a row what is neither a refusal nor one new aggregate.
        """
        began, found = perf_counter(), _Additions(self._stored)
        rejections = [refused for row in rows if (refused := self._refused(row, found))]
        seconds = perf_counter() - began
        self._ran(Ran(self.name, len(rows), seconds, Counter(one.code for one in rejections)))
        return rejections

    def _refused(self, row: TypedRow[D], found: _Additions[A]) -> Rejection | None:
        found.added.clear()
        try:
            self.use_case(row.details, found)
            row.created = self._created(row, found.added)
        except BusinessError as refused:
            return Rejection(row.line, "", str(refused) or refused.title, Fault.RULE, refused.code)
        except _NotForRows as wrong:
            raise RuleFailed(self._failed(row, str(wrong))) from None
        except Exception as error:
            if error is found.broken:
                raise
            raise RuleFailed(self._failed(row, f"it raised {type(error).__name__}")) from error
        return None

    def _failed(self, row: TypedRow[D], why: str) -> str:
        return f"the rule {self.name} fails for the row on line {row.line}: {why}"

    def _created(self, row: TypedRow[D], added: list[A]) -> Mapping[str, Any] | None:
        """Return the values to import, if they differ from the row's. Most rows take the short way through."""
        if len(added) != 1:
            raise _NotForRows(f"it adds {len(added)} aggregates: let it add one")
        created = added[0]
        if created.status is not self._first or created.version != 1:
            stands = f"version {created.version} in status {created.status}"
            raise _NotForRows(f"it adds {stands}: rows are imported as version 1 in status {self._first}")
        if created.list_id is not None:
            raise _NotForRows("it sets list_id: the import sets it")
        # The values of `Details.of` are those of the command themselves.
        own = created.details.__dict__
        return None if all(map(is_, own.values(), map(row.details.__dict__.get, own))) else self._changed(row, created)

    def _changed(self, row: TypedRow[D], created: A) -> Mapping[str, Any] | None:
        if created.id != row.details.id:
            raise _NotForRows(f"it changes {self._identity}: let the row keep it")
        dumped = created.details.model_dump(mode="json")
        changed = {name: value for name, value in dumped.items() if row.values.get(name) != value}
        return {**row.values, **changed} if changed else None


def _refuse_others(context: Context[Any], command: type[Details]) -> None:
    if context.command(command).kind != "creates":
        raise ValueError(f"{command.__name__} does not create: name {context.creating.name}")
    if lacking := lacking_in_rows(context):
        raise ValueError(lacking)


def lacking_in_rows(context: Context[Any]) -> str:
    """Return why rows cannot be read as the command that creates, or nothing: a sentence that says what to write."""
    model, columns = context.creating.model, context.details.model_fields
    own = [name for name, one in model.model_fields.items() if one.is_required() and name not in columns]
    fields = ", ".join(own)
    return f"{model.__name__} requires {fields}, which no row has: give each a default." if own else ""
