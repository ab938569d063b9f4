"""What a context is, as data: one declaration, read by its code, its infrastructure and its tools."""

import importlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import BaseModel

from .contradictions import contradictions
from .domain.aggregate import Aggregate, Details
from .domain.amounts import Amounts, currencies
from .domain.commands import METHODS, Command
from .domain.errors import AlreadyExists, BusinessError, IllegalMove, ListOpen, NotFound, VersionConflict
from .domain.events import FIRST_VERSION, Beside, Source, label, major
from .domain.faults import Fault
from .domain.fields import of_kind
from .domain.transitions import Transitions
from .measures import Measures
from .words import kebab

if TYPE_CHECKING:
    from .domain.event_models import CloudEvent
    from .domain.rows import Rows

A = TypeVar("A", bound=Aggregate[Any, Any])

LIST_STEPS: Final = ("register_list", "validate_list", "import_list", "compensate_error")
"""The list workflow's steps that every context has; the verification, whose name is the context's, is its third."""

PLATFORM_FUNCTIONS: Final = ("relay_events", "measure_lists", "watch_lists", "sweep_uploads", "on_event")
"""What runs in every context besides commands, queries and steps."""

VERIFY_LIST: Final = "verify_list"
"""The verification of a context whose rows refer to nothing: it refuses what already exists."""

_KEYS: Final[Mapping[str, str]] = {"list": "list_shard", "status": "status_shard"}
"""What the query for many can go by in every context. Anything else is a field, which is the key of its index."""

INVALID: Final = "invalid"
REUSED: Final = "idempotency-key-reused"
IN_PROGRESS: Final = "in-progress"

VARIABLE: Final = "CONTEXT"
"""Names the context to the functions of the library: ``payment.context:PAYMENT``."""

_PLATFORM_ERRORS: Final = (AlreadyExists, NotFound, VersionConflict, IllegalMove, ListOpen)


class BadContext(ValueError):
    """A declaration that contradicts itself; the message is one sentence that names the field."""


# Each declaration is one of its own: what is built for a context is kept by it.
@dataclass(frozen=True, kw_only=True, eq=False)
class Context(Generic[A]):
    """A bounded context.

    Args:
        name: in snake_case: the package, the ``source`` of its events, the beginning of every AWS name.
        plural: of the name, in snake_case: the path of the API's routes, the name of the query for many.
        display_name: its name for people, in any language; never a name in code or in AWS.
        owner: the team, a tag on every resource.
        aggregate: what it keeps.
        commands: what callers may ask; one creates, one deletes, any number changes.
        data: what the events of the aggregate say, as a model.
        versions: the version (``<major>.<minor>``) of each event type's schema; a type that is not named has 1.0.
        beside: the aggregates' events in the major version before, as long as somebody reads them.
        references: fields that hold the id of another context's thing, and what that thing is, in snake_case.
        verification: the workflow's step between validation and import, in snake_case.
        queried_by: what the query for many goes by: ``list``, ``status``, or fields of the details that are texts. Each
            is an index of the table, and costs one more write unit for each row; without any there is no such query.
        subscribers: who gets the events, each through a queue of its own; a stack may name others.
        api: whether callers reach it over HTTP, as well as by invoking its functions.
        errors: the refusals of the context's own rules.

    Raises:
        BadContext: it contradicts itself.
    """

    name: str
    plural: str
    display_name: str
    owner: str
    aggregate: type[A]
    commands: tuple[Command[Any], ...]
    data: type[BaseModel]
    versions: Mapping[str, str]
    beside: Beside | None = None
    references: Mapping[str, str] = field(default_factory=dict)
    verification: str = VERIFY_LIST
    queried_by: tuple[str, ...] = ()
    subscribers: tuple[str, ...] = ()
    api: bool = True
    errors: tuple[type[BusinessError], ...] = ()

    def __post_init__(self) -> None:
        for contradiction in contradictions(self):
            raise BadContext(contradiction)
        # A new command's event is in its first version from the beginning: `just contracts` writes that down.
        object.__setattr__(self, "versions", dict.fromkeys(self.events, FIRST_VERSION) | dict(self.versions))

    # -- the aggregate

    @property
    def title(self) -> str:
        """The aggregate's name in PascalCase: the stem of its events' names."""
        return self.aggregate.__name__

    @property
    def details(self) -> type[Details]:
        """The model of a row of a list, and of the payload of the command that creates."""
        return self.aggregate.details_type

    @property
    def statuses(self) -> type[StrEnum]:
        """The statuses that an aggregate may have."""
        return self.aggregate.statuses

    @property
    def identity(self) -> str:
        """The field that holds the aggregate's identity."""
        return self.details.identity

    def fields_of(self, kind: str) -> tuple[str, ...]:
        """Return the names of the details' fields of one kind (see `bounded_context.domain.fields`), in their order."""
        return of_kind(kind, self.details)

    @cached_property
    def rows(self) -> "Rows":
        """How the rows of its lists are read."""
        from .domain.rows import Rows

        return Rows(self.details)

    @cached_property
    def rows_as_commands(self) -> "Rows":
        """How staged rows are read as the command that creates, whose class is made from the details'."""
        from .domain.rows import Rows

        return Rows(self.creating.model)

    # -- its functions

    @cached_property
    def creating(self) -> Command[Any]:
        """The command that creates."""
        return next(command for command in self.commands if command.kind == "creates")

    @cached_property
    def command_functions(self) -> tuple[str, ...]:
        """The functions that take commands."""
        return tuple(command.function for command in self.commands)

    def command(self, model: type[BaseModel]) -> Command[Any]:
        """Return the command of a model. Raises LookupError: there is none."""
        found = next((command for command in self.commands if command.model is model), None)
        if found is None:
            raise LookupError(f"{self.title} has no command {model.__name__}: name it in commands of its context.")
        return found

    @property
    def get_function(self) -> str:
        """The function that answers the query for one."""
        return f"get_{self.name}"

    @property
    def list_function(self) -> str:
        """The function that answers the query for many, in a context that has one."""
        return f"list_{self.plural}"

    @property
    def queries(self) -> tuple[str, ...]:
        """The functions that answer queries: for one, and for many where one may ask for them."""
        return (self.get_function, self.list_function) if self.queried_by else (self.get_function,)

    @property
    def steps(self) -> tuple[str, ...]:
        """The list workflow's functions, in their order."""
        return (*LIST_STEPS[:2], self.verification, *LIST_STEPS[2:])

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """Every function but the hooks of releases."""
        return (*self.command_functions, *self.queries, *self.steps, *PLATFORM_FUNCTIONS)

    @cached_property
    def routes(self) -> Mapping[str, str]:
        """The key of each function's route, such as ``POST /payments``; none without an API."""
        if not self.api:
            return {}
        many, one = f"/{kebab(self.plural)}", f"/{kebab(self.plural)}/{{{self.identity}}}"
        order = {kind: place for place, kind in enumerate(METHODS)}
        commands = sorted(self.commands, key=lambda command: order[command.kind])
        made = {command.function: command.route or self._route(command, many, one) for command in commands}
        paths = {self.get_function: one, self.list_function: many}
        return made | {function: f"GET {paths[function]}" for function in self.queries}

    def _route(self, command: Command[Any], many: str, one: str) -> str:
        paths = {"creates": many, "changes": f"{one}/{command.action(self.title)}", "deletes": one}
        return f"{METHODS[command.kind]} {paths[command.kind]}"

    @cached_property
    def transitions(self) -> Transitions:
        """From where each command may start: whoever stores a change or removes asks it."""
        return Transitions(self.commands)

    # -- its events

    @property
    def first(self) -> StrEnum:
        """The status of an aggregate that was just created."""
        return self.creating.status  # pyright: ignore[reportReturnType]

    @cached_property
    def reached(self) -> Mapping[StrEnum, str]:
        """The type of the event that tells that a status was reached."""
        return {command.status: command.event for command in self.commands if command.status is not None}

    @property
    def deleted(self) -> str:
        """The type of the event that tells that an aggregate was removed."""
        return next(command.event for command in self.commands if command.kind == "deletes")

    @property
    def list_events(self) -> tuple[str, str]:
        """The types of the events of a list: imported, and rejected."""
        return f"{self.title}ListImported", f"{self.title}ListRejected"

    @cached_property
    def changes(self) -> tuple[str, ...]:
        """The types of the events of aggregates."""
        return tuple(command.event for command in self.commands)

    @cached_property
    def events(self) -> tuple[str, ...]:
        """The types of all events."""
        return (*self.changes, *self.list_events)

    @cached_property
    def source(self) -> Source:
        """It as the source of events: makes them, and knows the names of their schemas."""
        return Source(self.name, self.versions)

    def schema_of(self, event_type: str, version: str | None = None) -> str:
        """Return the name of a version (without one, the version said) of a type's schema: its file's ``$id``."""
        return self.source.schema_of(event_type, version)

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """The types of all events with their versions: those of today, and those of `beside`."""
        return (*self.versions.items(), *(self.beside.versions.items() if self.beside else ()))

    def label(self, event_type: str, version: str) -> str:
        """Return the message attribute ``type`` of a version; that of lists' events is the type alone."""
        return event_type if event_type in self.list_events else label(event_type, version)

    def published(self, event_type: str) -> tuple[str, ...]:
        """Return the versions in which a type's events are published: one, or that before and that of today."""
        today, beside = self.versions[event_type], self.beside
        before = beside.versions.get(event_type) if beside else None
        if beside is None or before is None:
            return (today,)
        return (before, today) if beside.ready else (before,)

    def labels_of(self, event_type: str) -> list[str]:
        """Return the labels with which a type's events are published, one for each version."""
        return [self.label(event_type, version) for version in self.published(event_type)]

    def heard(self, event_type: str, subscriber: str) -> tuple[str, ...]:
        """Return the versions of a type that a subscriber of its stacks gets: more than one only if it is ready."""
        is_ready = self.beside is None or subscriber in self.beside.ready
        return self.published(event_type) if is_ready else self.published(event_type)[:1]

    def labels_for(self, subscriber: str, types: Iterable[str]) -> list[str]:
        """Return the labels of these types' events that a subscriber of its stacks gets."""
        return [self.label(event_type, one) for event_type in types for one in self.heard(event_type, subscriber)]

    def withheld_from(self, subscriber: str) -> list[str]:
        """Return the labels of the events of today that a subscriber of its stacks is not ready for."""
        if self.beside is None or subscriber in self.beside.ready:
            return []
        return [self.label(event_type, self.versions[event_type]) for event_type in self.beside.versions]

    def model(self, event_type: str, version: str) -> type[BaseModel]:
        """Return what an event of a type says in a version."""
        old = self.beside.versions.get(event_type) if self.beside else None
        return self.beside.data if self.beside and old and major(old) == major(version) else self.models[event_type]

    @cached_property
    def models(self) -> Mapping[str, type[BaseModel]]:
        """What an event of each type says."""
        from .domain.event_models import ListImportedData, ListRejectedData

        imported, rejected = self.list_events
        changes = dict.fromkeys(self.changes, self.data)
        return {**changes, imported: ListImportedData, rejected: ListRejectedData}

    @cached_property
    def envelope(self) -> "type[CloudEvent]":
        """The envelope of its events."""
        from .domain.event_models import envelope_of

        return envelope_of(self.name)

    # -- what it keeps, and measures

    @property
    def key_prefix(self) -> str:
        """What the key of each aggregate's item begins with."""
        return f"{self.name.upper()}#"

    @property
    def indexes(self) -> Mapping[str, str]:
        """The table's indexes by their names, with their partition keys, which only the aggregates' items have."""
        return {f"by_{one}": _KEYS.get(one, one) for one in self.queried_by}

    @property
    def queried_fields(self) -> tuple[str, ...]:
        """The fields of the details that have an index."""
        return tuple(one for one in self.queried_by if one not in _KEYS)

    @property
    def things(self) -> tuple[str, ...]:
        """The things of other contexts that aggregates refer to."""
        return tuple(dict.fromkeys(self.references.values()))

    @cached_property
    def amounts(self) -> tuple[str, ...]:
        """The fields whose imported sums are measured."""
        return self.fields_of("decimal")

    @property
    def currency(self) -> str | None:
        """The field that says in which currency amounts are, if there is one."""
        return next(iter(self.fields_of("currency")), None)

    @property
    def currencies(self) -> tuple[str, ...]:
        """What distinguishes sums from one another."""
        return currencies(self.currency)

    def sums(self) -> Amounts:
        """Return the sums of rows: of none yet."""
        return Amounts(self.amounts, self.currency)

    @property
    def faults(self) -> tuple[str, ...]:
        """What may be wrong with a row; ``unknown`` is what it refers to."""
        return tuple(fault.value for fault in Fault if fault is not Fault.UNKNOWN or self.references)

    @cached_property
    def refusals(self) -> tuple[str, ...]:
        """The codes of refused commands: of bad messages, of rules, and of idempotency."""
        return (INVALID, *(error.code for error in self.business_errors), REUSED, IN_PROGRESS)

    @cached_property
    def measures(self) -> Measures:
        """What its functions count, besides what those of every context do (see `bounded_context.measures`)."""
        return Measures(self.changes, self.refusals, self.faults, self.amounts, self.currencies)

    @cached_property
    def business_errors(self) -> tuple[type[BusinessError], ...]:
        """The refusals of rules: the library's and the context's own."""
        return (*_PLATFORM_ERRORS, *self.errors)


def declared() -> Context[Any]:
    """Return the context that the environment names in ``CONTEXT``, such as ``payment.context:PAYMENT``.

    Raises:
        BadContext: it names none.
    """
    return named(os.environ.get(VARIABLE, ""))


def named(reference: str) -> Context[Any]:
    """Return the context of that name: its module, a colon, and the constant.

    Raises:
        BadContext: there is none of that name.
    """
    module, _, name = reference.partition(":")
    if not module or not name:
        raise BadContext(f"{reference!r} names no context: write <module>:<constant>.")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise BadContext(f"there is no context {reference!r}: {error}.") from error
