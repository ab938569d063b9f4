"""The aggregate: its details, status and version, the declaration of its commands, and their refusals.

The texts of refusals are shortened, and the causes of exceptions are in order.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import wraps
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Generic, Literal, Self, TypeVar, get_args, get_origin

import typing_extensions
from pydantic import BaseModel, ConfigDict, Field, model_validator

from .fields import as_stored, earlier_names, stored_names
from .spelling import either, snake

if TYPE_CHECKING:
    from .children import Child, Children


class BusinessError(Exception):
    """A refusal that the caller can act on; its text is a sentence for people, of at most 1,000 characters.

    ``code`` is stable and for programs: it is the ``reason`` of the metric, and a part of the problem's type.
    ``status`` (4xx; 503 for `Unavailable`) and ``title`` are members of the HTTP API's problem (RFC 9457).
    ``field`` is the field whose value is refused, in answers and in the reports of lists; empty without such a field.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "A rule of the context forbids it"
    field: str = ""


class AlreadyExists(BusinessError):
    """The identity already exists."""

    code = "already-exists"
    title = "The identity is taken"

    def __init__(self, field: str, identity: str) -> None:
        super().__init__(f"{field} {identity!r} already exists")


class NotFound(BusinessError):
    """No aggregate has the identity."""

    code = "not-found"
    status = 404
    title = "Nothing has that identity"

    def __init__(self, field: str, identity: str) -> None:
        super().__init__(f"{field} {identity!r} does not exist")


class VersionConflict(BusinessError):
    """Another command changed the aggregate first (optimistic concurrency)."""

    code = "version-conflict"
    status = 412
    title = "Somebody else changed it first"

    def __init__(self, field: str, identity: str, expected: int | str) -> None:
        super().__init__(f"{field} {identity!r} is no longer at version {expected}: read it again")


class IllegalMove(BusinessError):
    """The command does not start from the aggregate's status; ``after`` are the statuses from which it starts."""

    code = "illegal-move"
    title = "The command does not start from its status"

    def __init__(self, field: str, identity: str, status: str, after: Iterable[str]) -> None:
        super().__init__(f"{field} {identity!r} is {status}: the command starts from {either(after)}")


class ListOpen(BusinessError):
    """The aggregate's list is not closed yet, and may still be undone."""

    code = "list-open"
    title = "Its list is not closed yet"

    def __init__(self, field: str, identity: str) -> None:
        super().__init__(f"{field} {identity!r} came with a list that is still being imported: try again later")


class TooMany(BusinessError):
    """The aggregate has as many children as its declaration allows."""

    code = "too-many"
    title = "It has as many as it may have"

    def __init__(self, field: str, identity: str, children: "Children") -> None:
        super().__init__(f"{field} {identity!r} has {children.most} {children.plural}, which is the limit")


class SeveralChanges(BusinessError):
    """A rule makes more than one change, of which a failure could leave a part. Nothing is written.

    The status is that of a fault of the service, so that the alarm of the API's errors rises.
    """

    code = "several-changes"
    status = 500
    title = "A command makes one change"

    def __init__(self, field: str, identity: str) -> None:
        remedy = "let the rule save one aggregate, once, with a new status or a new child"
        super().__init__(f"{field} {identity!r} would be changed in part only: {remedy}")


class Unavailable(BusinessError):
    """Another system that a rule calls does not answer. The caller repeats the command after ``retry_after`` seconds.

    A row of a list is not rejected for it: the workflow retries the step. A queue delivers the message again.
    """

    code = "unavailable"
    status = 503
    title = "Another system does not answer"

    def __init__(self, system: str, retry_after: int = 30) -> None:
        super().__init__(f"{system} does not answer: try again in {retry_after} seconds")
        self.retry_after = retry_after


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, its cause, the cause of the cause, and so on, as tracebacks show them. Yield each once.

    The causes may form a circle: Python prevents a circle of contexts, but not of ``raise error from cause``.
    """
    visited, current = set[int](), error
    while current is not None and id(current) not in visited:
        yield current
        visited.add(id(current))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


REASON_CHARACTERS: Final = 1000
"""The maximum length of a reason, wherever it is recorded, published or reported.

In JSON a character takes at most 12 bytes: a reason takes 12 KB of the 256 KiB of a message (SNS API Reference,
"Publish") and of an execution's state (Step Functions Developer Guide, "Quotas"), and at most 4 KB of the 400 KB of an
item (DynamoDB Developer Guide, "Quotas"). The longest key of an object, 1,024 bytes, is in the same event twice.
"""

_CUT: Final = "..."

_VALUE_CHARACTERS: Final = 40
"""Long enough to recognise a value, short enough to keep a report readable."""

_NAMED: Final = 5
"""The number of values that a reason lists. It only counts further values."""


def shortened(reason: str) -> str:
    """Return a reason, cut to `REASON_CHARACTERS`."""
    return reason if len(reason) <= REASON_CHARACTERS else reason[: REASON_CHARACTERS - len(_CUT)] + _CUT


def quoted(value: object) -> str:
    """Return the beginning of a value in quotes, with control characters escaped."""
    text = str(value)
    return repr(text if len(text) <= _VALUE_CHARACTERS else text[:_VALUE_CHARACTERS] + _CUT)


def enumerated(texts: Sequence[str]) -> str:
    """Return the first five texts, and the number of the others: ``a, b, c, d, e and 17 more``."""
    more = len(texts) - _NAMED
    return ", ".join(texts[:_NAMED]) + (f" and {more} more" if more > 0 else "")


_EXPECTED: Final = "expected_version"
_set: Final = object.__setattr__
"""Sets an attribute of a frozen model."""

TAG: Final = r"[1-9][0-9]{0,14}"
"""The pattern of `Aggregate.tag`. Versions match it too: library versions before 0.3.0 accept no other form."""
_LEAST: Final = 10**14
"""The smallest tag of an incarnation. A version cannot reach it: at 1,000 changes a second it takes 3,000 years."""


class _Stored(BaseModel):
    """A model whose values are stored in an item.

    ``stored_names`` has the attribute of each field, and ``earlier_names`` the field of each accepted earlier name.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        defer_build=True,
        validate_by_name=True,
        validate_by_alias=True,
        loc_by_alias=False,
    )
    stored_names: ClassVar[Mapping[str, str]] = {}
    earlier_names: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls.stored_names, cls.earlier_names = stored_names(cls), earlier_names(cls)

    @classmethod
    def model_validate_stored(cls, values: Mapping[str, Any]) -> Self:
        """Return the model of values by attribute, as any version of the context stored or staged them.

        A value of None counts as absent. Names that this version does not have are ignored; `model_validate` rejects
        them.

        Raises:
            pydantic.ValidationError: a field without a default is missing, or a value is not of its type.
        """
        stored = ((name, values.get(attribute)) for name, attribute in cls.stored_names.items())
        return cls.model_validate({name: value for name, value in stored if value is not None})


class State(_Stored):
    """The data that commands set: ``class ClaimState(State): approved_amount: Amount | None = None``.

    It is stored, published and queried with the details, and no caller gives it. Each field has a default, which is its
    value in a new aggregate, and in an item that was stored before the field existed.
    """

    def having(self, **values: Any) -> Self:
        """Return the state with other values of some fields: ``claim.state.having(approved_amount=amount)``.

        Raises:
            pydantic.ValidationError: there is no such field, or a value is not of its type.
        """
        return self.model_validate({**self.__dict__, **values})

    _as_stored = model_validator(mode="before")(as_stored)


class _Identified(_Stored):
    """A model whose first field is the aggregate's identity."""

    identity: ClassVar[str] = ""
    """The name of the field that holds the identity."""

    @classmethod
    def __pydantic_init_subclass__(cls, **more: Any) -> None:
        super().__pydantic_init_subclass__(**more)
        cls.identity = next((name for name in cls.model_fields if name != _EXPECTED), "")

    @property
    def id(self) -> str:
        """The aggregate's identity."""
        return getattr(self, self.identity)


class Details(_Identified):
    """The data that a caller gives for an aggregate: a row of a list, or the payload of the command that creates.

    The first field is the identity. Callers may omit a field with a default. An item that was stored before the field
    existed has the default too.
    """

    @classmethod
    def of(cls, command: Self) -> Self:
        """Return the details of a command that creates: ``PaymentDetails.of(command)``.

        The values are copied without a second validation.
        """
        attributes, names = command.__dict__, cls.__pydantic_fields__.keys()
        fields_set = command.__pydantic_fields_set__
        if attributes.keys() == names:
            values = attributes.copy()
        else:
            values, fields_set = {name: attributes[name] for name in names}, fields_set & names
        # As in pydantic's own `__copy__`: a model has four attributes.
        details = cls.__new__(cls)
        _set(details, "__dict__", values)
        _set(details, "__pydantic_fields_set__", fields_set)
        _set(details, "__pydantic_extra__", None)
        _set(details, "__pydantic_private__", command.__pydantic_private__)
        return details


class Change(_Identified):
    """A command on an existing aggregate; its own first field is the identity.

    ``expected_version`` rejects the command if the aggregate has another version. None accepts every version. A number
    accepts this version of any incarnation. A text is a `tag`, which accepts this version of this incarnation.
    """

    _as_stored = model_validator(mode="before")(as_stored)

    expected_version: Annotated[int, Field(ge=1)] | Annotated[str, Field(pattern=f"^{TAG}$")] | None = None


D = TypeVar("D", bound=Details)
S = TypeVar("S", bound=StrEnum)
T = typing_extensions.TypeVar("T", bound=State, default=Any)
_EMPTY: Final = State.model_construct()


@dataclass(frozen=True)
class Aggregate(Generic[D, S, T]):
    """The base class of aggregates: ``class Payment(Aggregate[PaymentDetails, Status])``.

    ``details`` are the data that a caller gave, and ``state`` those that commands set: the third parameter is their
    class, as in ``class Claim(Aggregate[ClaimDetails, Status, ClaimState])``. A new aggregate has its defaults.
    ``version`` counts the changes from 1. ``list_id`` is the id of the list that imported the aggregate, or None.
    ``previous_status`` is the status before the last change, which `dataclasses.replace` keeps. It is the current
    status if the aggregate was just read or created. ``etag`` identifies the stored state that was read or written:
    empty if the state has no etag, None before either. It is the incarnation's name, and from the second write on a dot
    and a name of the write. ``shard`` is the suffix of the stored index keys, or empty before the first write.
    ``due`` is the stored time of the deadline of its status, or empty.
    ``counts`` has the number of its children by their name (`bounded_context.Child`), and ``family`` is a part of their
    keys. ``added`` is the class of the child that this version adds, and ``last_child`` the child that it or the stored
    version added, by its name. ``changes`` counts the changes since the aggregate was read or written.
    ``created_at`` and ``changed_at`` are the times of the first and of the last write. They are None before a write,
    and for a write of a library version before 0.5.0.
    """

    details_type: ClassVar[type[Details]] = Details
    statuses: ClassVar[type[StrEnum]] = StrEnum
    state_type: ClassVar[type[State]] = State

    details: D
    status: S
    version: int = 1
    list_id: str | None = None
    state: T = field(default=None, kw_only=True)  # pyrefly: ignore[bad-assignment] (a new aggregate has the defaults)
    previous_status: S | None = field(default=None, kw_only=True, compare=False, repr=False)
    etag: str | None = field(default=None, kw_only=True, compare=False, repr=False)
    shard: str = field(default="", kw_only=True, compare=False, repr=False)
    due: str = field(default="", kw_only=True, compare=False, repr=False)
    counts: Mapping[str, int] = field(default_factory=dict, kw_only=True, compare=False, repr=False)
    family: str = field(default="", kw_only=True, compare=False, repr=False)
    added: "type[Child] | None" = field(default=None, kw_only=True, compare=False, repr=False)
    last_child: Mapping[str, Any] = field(default_factory=dict, kw_only=True, compare=False, repr=False)
    changes: int = field(default=0, kw_only=True, compare=False, repr=False)
    created_at: datetime | None = field(default=None, kw_only=True, compare=False, repr=False)
    changed_at: datetime | None = field(default=None, kw_only=True, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.previous_status is None:
            _set(self, "previous_status", self.status)
        if self.state is None:
            _set(self, "state", _EMPTY if self.state_type is State else self.state_type())

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        for base in getattr(cls, "__orig_bases__", ()):
            if get_origin(base) is Aggregate:
                cls.details_type, cls.statuses, *state = get_args(base)
                cls.state_type = next((given for given in state if given is not Any), State)

    @classmethod
    def status_of(cls, name: str) -> S:
        """Return the status of this name.

        A name that only a newer version declares is not a member of the enumeration. The result then has the members'
        type and this name. It can be displayed, but no command of this version starts from it.
        """
        try:
            return cls.statuses(name)  # pyrefly: ignore[bad-return] (a class variable has no type variable)
        except ValueError:
            unknown = str.__new__(cls.statuses, name)
            unknown._name_ = unknown._value_ = name
            return unknown  # pyrefly: ignore[bad-return] (likewise)

    @property
    def id(self) -> str:
        """The aggregate's identity."""
        return self.details.id

    def field(self, name: str) -> Any:
        """Return the value of a field of the details or of the state. Raises AttributeError: there is none."""
        return getattr(self.details if name in self.details_type.model_fields else self.state, name)

    @property
    def values(self) -> dict[str, Any]:
        """The details and the state as JSON values, by field."""
        values = self.details.model_dump(mode="json")
        return values if self.state_type is State else values | self.state.model_dump(mode="json")

    @property
    def stored(self) -> dict[str, Any]:
        """The details and the state as JSON values, by attribute."""
        values = self.details.model_dump(mode="json", by_alias=True)
        return values if self.state_type is State else values | self.state.model_dump(mode="json", by_alias=True)

    @property
    def incarnation(self) -> str:
        """The name of the period from a registration to its removal. Each registration of an identity has another name.

        Rows of a list have the list's id. It is empty for items of library versions before 0.3.0.
        """
        if self.etag:
            name, dot, _ = self.etag.rpartition(".")
            return name if dot else self.etag
        return self.list_id or ""

    @property
    def tag(self) -> str:
        """The name of this version of this incarnation: 15 digits, or the version alone without an incarnation."""
        if not self.incarnation:
            return str(self.version)
        digest = sha256(f"{self.incarnation} {self.version}".encode()).digest()
        return str(_LEAST + int.from_bytes(digest[:8]) % (9 * _LEAST))

    def stored_as(self, etag: str | None, at: datetime | None = None) -> None:
        """Set the etag of the state that was written, and the time of the write."""
        _set(self, "etag", etag)
        _set(self, "changes", 0)
        _set(self, "changed_at", at)
        if self.version == 1:
            _set(self, "created_at", at)

    def moved_to(self, status: S, state: T | None = None) -> Self:
        """Return the next version, in ``status``. Saving it checks that the transition is allowed.

        ``state`` replaces the data that commands set; by default they stay.
        """
        state = self.state if state is None else state
        return replace(self._next(), status=status, state=state)

    def adding(self, child: "Child") -> Self:
        """Return the next version, in the same status, with another child: ``claim.adding(Note(text="..."))``."""
        from .children import new_family, values_of

        name = snake(type(child).__name__)
        number = self.counts.get(name, 0) + 1
        last = {name: {self.details.identity: self.id, **values_of(child, number)}}
        more: Any = {"counts": {**self.counts, name: number}, "family": self.family or new_family()}
        return replace(self._next(), added=type(child), last_child=last, **more)

    def _next(self) -> Self:
        before: Any = {"version": self.version + 1, "previous_status": self.status, "changes": self.changes + 1}
        return replace(self, **before, added=None, last_child={})


Kind = Literal["creates", "changes", "adds", "deletes"]

M = TypeVar("M", bound=Details | Change)

C = TypeVar("C", bound=Change)
A = TypeVar("A", bound=Aggregate[Any, Any])

METHODS: Final[Mapping[Kind, str]] = {"creates": "POST", "changes": "POST", "adds": "POST", "deletes": "DELETE"}
"""The HTTP method of each kind's route."""


@dataclass(frozen=True)
class Command(Generic[M, A]):
    """A command: its model, its rule, its kind, the event that reports it, and the status that it sets, if any.

    ``rule`` is the use case: a function of the command and the stored aggregates that returns the aggregate.
    ``after`` are the statuses from which the command may start, empty if it creates. ``errors`` are the refusals of its
    own rule. ``route`` is the key of a route of its own shape, such as ``PUT /payments/{payment_id}/payer``; by default
    the route follows from the kind. ``child`` is the class of the child that it adds. Build a command by `creates`,
    `changes`, `adds` or `deletes`.
    """

    model: type[M]
    rule: Callable[[M, Any], A]
    kind: Kind
    event: str
    status: StrEnum | None = None
    route: str | None = None
    after: tuple[StrEnum, ...] = ()
    errors: tuple[type[BusinessError], ...] = ()
    child: "type[Child] | None" = None

    @staticmethod
    def creates(
        model: type[D],
        rule: Callable[[D, Any], A],
        status: StrEnum,
        event: str,
        route: str | None = None,
        *,
        errors: tuple[type[BusinessError], ...] = (),
    ) -> "Command[D, A]":
        """Return a command that creates an aggregate in ``status``. Its model is the details' class or a subclass.

        Rows of lists follow the same rule.
        """
        return Command(model, rule, "creates", event, status, route, errors=errors)

    @staticmethod
    def changes(
        model: type[C],
        rule: Callable[[C, Any], A],
        status: StrEnum,
        event: str,
        route: str | None = None,
        *,
        after: tuple[StrEnum, ...],
        errors: tuple[type[BusinessError], ...] = (),
    ) -> "Command[C, A]":
        """Return a command that moves an aggregate from a status of ``after`` to ``status``."""
        return Command(model, rule, "changes", event, status, route, after, errors)

    @staticmethod
    def adds(
        model: type[C],
        rule: Callable[[C, Any], A],
        child: "type[Child]",
        event: str,
        route: str | None = None,
        *,
        after: tuple[StrEnum, ...],
        errors: tuple[type[BusinessError], ...] = (),
    ) -> "Command[C, A]":
        """Return a command that adds a child to an aggregate in a status of ``after``, and leaves the status."""
        return Command(model, rule, "adds", event, None, route, after, errors, child)

    @staticmethod
    def deletes(
        model: type[C],
        rule: Callable[[C, Any], A],
        event: str,
        route: str | None = None,
        *,
        after: tuple[StrEnum, ...],
        errors: tuple[type[BusinessError], ...] = (),
    ) -> "Command[C, A]":
        """Return a command that deletes an aggregate in a status of ``after``; ``tuple(Status)`` allows all."""
        return Command(model, rule, "deletes", event, None, route, after, errors)

    @property
    def name(self) -> str:
        """The name of the model's class, such as ``VerifyPayment``."""
        return self.model.__name__

    @property
    def function(self) -> str:
        """The name of the command's function: ``verify_payment``."""
        return snake(self.name)

    def action(self, aggregate: str) -> str:
        """Return the last part of the path of a change, without the aggregate's name: ``verify``."""
        return snake(self.name.removesuffix(aggregate) or self.name).replace("_", "-")


def _reported(make: Callable[..., Any]) -> Callable[..., Any]:
    """Return a constructor that gives a command without a rule the rule None, which its context reports.

    Up to version 0.3.0, the second argument was the status or the event.
    """

    @wraps(make)
    def constructor(*values: Any, **options: Any) -> Any:
        model, second = values[:1], values[1:2]
        lacks_rule = bool(second) and isinstance(second[0], str)
        return make(*model, *([None] if lacks_rule else []), *values[1:], **options)

    return constructor


for _kind in METHODS:
    setattr(Command, _kind, staticmethod(_reported(getattr(Command, _kind))))


class Transitions:
    """The check of each change and removal against the declared commands of a context.

    A use case does not name its command. Each status is set by one command, and only one command deletes.
    """

    def __init__(self, commands: Iterable[Command[Any, Any]], children: "Iterable[Children]" = ()) -> None:
        self._adds = {command.child: command for command in commands if command.kind == "adds"}
        self._children = {kind.model: kind for kind in children}
        self._changes = {command.status: command for command in commands if command.kind == "changes"}
        self._deletes = next(command for command in commands if command.kind == "deletes")

    def creation(self, created: Aggregate[Any, Any]) -> None:
        """Accept a new aggregate. Raises SeveralChanges: it has a child, which the creation would lose."""
        if created.added is not None:
            raise SeveralChanges(created.details.identity, created.id)

    def change(self, changed: Aggregate[Any, Any]) -> None:
        """Accept a changed aggregate if the command that sets its status may start from its previous status.

        Raises:
            IllegalMove: the command may not start from there.
            LookupError: no command changes an aggregate into that status, or adds that child.
            SeveralChanges: it has more than one change, and therefore no version that follows the stored version.
            TooMany: the aggregate has as many children as it may have.
        """
        if changed.changes > 1:
            raise SeveralChanges(changed.details.identity, changed.id)
        if changed.added is not None:
            self._addition(changed, changed.added)
            return
        command = self._changes.get(changed.status)
        if command is None:
            raise LookupError(f"No command changes a {type(changed).__name__} into {changed.status}: declare one.")
        _check(command, changed)

    def _addition(self, changed: Aggregate[Any, Any], child: "type[Child]") -> None:
        command, children = self._adds.get(child), self._children.get(child)
        if command is None or children is None:
            raise LookupError(f"No command adds a {child.__name__} to a {type(changed).__name__}: declare one.")
        _check(command, changed)
        if changed.counts[children.name] > children.most:
            raise TooMany(changed.details.identity, changed.id, children)

    def removal(self, removed: Aggregate[Any, Any]) -> None:
        """Accept the removal of an aggregate if the command that deletes may start from its status.

        Raises:
            IllegalMove: the command may not start from there.
        """
        _check(self._deletes, removed)


def _check(command: Command[Any, Any], aggregate: Aggregate[Any, Any]) -> None:
    if aggregate.previous_status not in command.after:
        raise IllegalMove(aggregate.details.identity, aggregate.id, str(aggregate.previous_status), command.after)
