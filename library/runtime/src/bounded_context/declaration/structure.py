"""The fields of a declaration, and the names that follow from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import BaseModel, create_model
from pydantic.fields import FieldInfo

from ..domain.aggregate import (
    METHODS,
    Aggregate,
    AlreadyExists,
    BusinessError,
    Command,
    Details,
    IllegalMove,
    ListOpen,
    NotFound,
    SeveralChanges,
    State,
    TooMany,
    Transitions,
    VersionConflict,
)
from ..domain.events import EventData, PreviousVersion, Source, label, major, payload
from ..domain.faults import INVALID, Fault
from ..domain.fields import kind_of, personal
from ..domain.lists import Amounts, ListApproval, ListTotals, currencies
from ..domain.spelling import kebab
from .measures import Measures

if TYPE_CHECKING:
    from ..domain.archive import Archive
    from ..domain.children import Children
    from ..domain.deadlines import Deadline
    from ..domain.events import CloudEvent
    from ..domain.exports import Export
    from ..domain.reactions import Reaction
    from ..domain.rows import Rows

A = TypeVar("A", bound=Aggregate[Any, Any])

LIST_STEPS: Final = ("register_list", "validate_list", "import_list", "compensate_error")
"""The steps of every context's list workflow. The verification, which the context names, is the third step."""

WATCH_LISTS: Final = "watch_lists"
"""The function that watches unfinished lists and event source mappings."""

WATCH_MAPPINGS: Final = "watch_mappings"
"""The function that watches event source mappings in a context without lists."""

MEET_DEADLINES: Final = "meet_deadlines"
"""The function that sends the commands of deadlines."""

EXPORT_FILES: Final = "export_files"
"""The function that writes the files of exports."""

LIST_ENDS: Final = ("ListImported", "ListRejected")
"""The ends of the types of the events of lists; they follow the aggregate's name."""

_OF_LISTS: Final = ("measure_lists", WATCH_LISTS, "sweep_uploads")

VERIFY_LIST: Final = "verify_list"
"""The verification of a context whose rows refer to no other context: it rejects rows that already exist."""


@dataclass(frozen=True)
class By:
    """A field of the list query and the order of its pages: ``By("policy_id", order="incident_date")``.

    ``order`` is a required `Day` or `Identifier` of the details. Aggregates with the same value are in the order of
    their identities. ``newest_first`` reverses both.
    """

    field: str
    order: str
    newest_first: bool = False


_KEYS: Final[Mapping[str, str]] = {"list": "list_shard", "status": "status_shard"}
"""The partition keys of the indexes for `list` and `status`. Every other key of the list query is a field, which is the
partition key of its index."""

DUE: Final = "status-due"
"""The attribute with the time at which an item is due, and the version that entered the status. Only items in a status
with a deadline have it."""
DUE_INDEX: Final = "by_due"
"""The index of the items that are due. Its entries have keys only."""

INDEX_SHARDS: Final = 32
"""The number of partition keys over which the aggregates of a list, or of a status, are spread in an index.

A partition takes 1,000 writes a second (AWS limit): without shards, an import would write all of its rows to one
partition. An import with default settings writes 20,000 rows a second.
"""
EARLIER_INDEX_SHARDS: Final = 16
"""The number before version 0.4.0, whose list query reads no other keys."""

REUSED: Final = "idempotency-key-reused"
IN_PROGRESS: Final = "in-progress"

_PLATFORM_ERRORS: Final = (AlreadyExists, NotFound, VersionConflict, IllegalMove, ListOpen, SeveralChanges)


def _index(key: str | By) -> str:
    return f"by_{key.field}_{key.order}" if isinstance(key, By) else f"by_{key}"


# Compared by identity, since caches have contexts as keys.
@dataclass(frozen=True, kw_only=True, eq=False)
class Structure(Generic[A]):
    """The fields of a declaration, and the names that follow from them.

    `Context` documents and checks the fields. The checks read them here.
    """

    name: str
    plural: str
    display_name: str
    owner: str
    aggregate: type[A]
    commands: tuple[Command[Any, A], ...]
    data: type[BaseModel] = EventData
    versions: Mapping[str, str] = field(default_factory=dict)
    previous_version: PreviousVersion | None = None
    deprecated: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    reactions: "tuple[Reaction[A], ...]" = ()
    verification: str | None = VERIFY_LIST
    approval: ListApproval | None = None
    queried_by: tuple[str | By, ...] = ()
    index_shards: int = INDEX_SHARDS
    subscribers: tuple[str, ...] = ()
    api: bool = True
    times: bool = False
    scopes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    errors: tuple[type[BusinessError], ...] = ()
    children: "tuple[Children, ...]" = ()
    deadlines: "tuple[Deadline[A], ...]" = ()
    exports: "tuple[Export, ...]" = ()

    # -- the aggregate

    @property
    def title(self) -> str:
        """The aggregate's name in PascalCase, with which its events' names begin."""
        return self.aggregate.__name__

    @property
    def details(self) -> type[Details]:
        """The model of a row of a list, and of the payload of the command that creates."""
        return self.aggregate.details_type

    @property
    def state(self) -> type[State]:
        """The model of the data that commands set."""
        return self.aggregate.state_type

    @cached_property
    def stored_fields(self) -> Mapping[str, FieldInfo]:
        """The fields of the details and of the state, which are stored, published and queried."""
        return {**self.details.model_fields, **self.state.model_fields}

    @cached_property
    def attributes(self) -> Mapping[str, str]:
        """The names of the stored fields, each with the name of its attribute in items."""
        return {**self.details.stored_names, **self.state.stored_names}

    @cached_property
    def earlier_names(self) -> Mapping[str, str]:
        """The earlier names of stored fields in a transition, each with the name of its field."""
        return {**self.details.earlier_names, **self.state.earlier_names}

    @property
    def statuses(self) -> type[StrEnum]:
        """The statuses that an aggregate may have."""
        return self.aggregate.statuses

    @property
    def identity(self) -> str:
        """The field that holds the aggregate's identity."""
        return self.details.identity

    def fields_of(self, kind: str) -> tuple[str, ...]:
        """Return the names of the details' fields of a kind (see `bounded_context.domain.fields`), in their order."""
        return tuple(name for name, field in self.details.model_fields.items() if kind_of(field) == kind)

    @property
    def personal(self) -> Mapping[str, Any]:
        """The personal fields of items, children and events' data, each with its JSON value after the erasure."""
        earlier = personal(self.previous_version.data) if self.previous_version else {}
        models = (self.data, self.details, self.state, *(children.model for children in self.children))
        return {**earlier, **{name: value for model in models for name, value in personal(model).items()}}

    @cached_property
    def rows(self) -> "Rows":
        """The validation of the rows of its lists."""
        from ..domain.rows import Rows

        return Rows(self.details)

    @cached_property
    def rows_as_commands(self) -> "Rows":
        """The validation of staged rows as the command that creates, whose class is a subclass of the details'."""
        from ..domain.rows import Rows

        return Rows(self.creating.model)

    # -- its functions

    @cached_property
    def creating(self) -> Command[Any, Any]:
        """The command that creates."""
        return next(command for command in self.commands if command.kind == "creates")

    @cached_property
    def command_functions(self) -> tuple[str, ...]:
        """The functions that take commands."""
        return tuple(command.function for command in self.commands)

    def command(self, model: type[BaseModel]) -> Command[Any, Any]:
        """Return the command of a model. Raises LookupError: there is no such command."""
        declared = next((command for command in self.commands if command.model is model), None)
        if declared is None:
            raise LookupError(f"{self.title} has no command {model.__name__}: name it in commands of its context.")
        return declared

    @property
    def get_function(self) -> str:
        """The function of the query for an aggregate."""
        return f"get_{self.name}"

    @property
    def list_function(self) -> str:
        """The function of the list query, if the context has list queries."""
        return f"list_{self.plural}"

    @property
    def queries(self) -> tuple[str, ...]:
        """The functions of the queries: for an aggregate, and the list query if the context has it."""
        many = (self.list_function,) if self.queried_by else ()
        return (self.get_function, *many, *self.child_queries)

    @cached_property
    def child_queries(self) -> "Mapping[str, Children]":
        """The functions of the queries for the children of an aggregate, with their children."""
        return {f"list_{self.name}_{children.plural}": children for children in self.children}

    def children_of(self, command: Command[Any, Any]) -> "Children":
        """Return the children that a command adds to. Raises LookupError: they are not declared."""
        declared = next((children for children in self.children if children.model is command.child), None)
        if declared is None:
            raise LookupError(f"{command.name} adds a child that is not in children of the context.")
        return declared

    @property
    def has_lists(self) -> bool:
        """Whether the context imports lists: a verification is declared."""
        return self.verification is not None

    @property
    def steps(self) -> tuple[str, ...]:
        """The list workflow's functions, in their order; empty without lists."""
        return () if self.verification is None else (*LIST_STEPS[:2], self.verification, *LIST_STEPS[2:])

    @property
    def verification_step(self) -> str:
        """The name of the verification. Raises LookupError in a context without lists."""
        if self.verification is None:
            raise LookupError(f"{self.title} has no lists, and therefore no verification.")
        return self.verification

    @property
    def platform_functions(self) -> tuple[str, ...]:
        """The functions of the library besides commands, queries, steps and release hooks."""
        optional = (*((MEET_DEADLINES,) if self.deadlines else ()), *((EXPORT_FILES,) if self.exports else ()))
        return ("relay_events", *(_OF_LISTS if self.has_lists else (WATCH_MAPPINGS,)), *optional, "on_event")

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """Every function except the release hooks."""
        return (*self.command_functions, *self.queries, *self.steps, *self.platform_functions)

    @cached_property
    def routes(self) -> Mapping[str, str]:
        """The key of each function's route, such as ``POST /payments``; empty without an API."""
        if not self.api:
            return {}
        collection, item = f"/{kebab(self.plural)}", f"/{kebab(self.plural)}/{{{self.identity}}}"
        order = {kind: place for place, kind in enumerate(METHODS)}
        commands = sorted(self.commands, key=lambda command: order[command.kind])
        keys = {command.function: command.route or self._route(command, collection, item) for command in commands}
        of_children = {name: f"{item}/{kebab(kind.plural)}" for name, kind in self.child_queries.items()}
        paths = {self.get_function: item, self.list_function: collection, **of_children}
        return keys | {function: f"GET {paths[function]}" for function in self.queries}

    def _route(self, command: Command[Any, Any], collection: str, item: str) -> str:
        if command.kind == "adds":
            return f"{METHODS['adds']} {item}/{kebab(self.children_of(command).plural)}"
        paths = {"creates": collection, "changes": f"{item}/{command.action(self.title)}", "deletes": item}
        return f"{METHODS[command.kind]} {paths[command.kind]}"

    @cached_property
    def deadline_by_status(self) -> "Mapping[str, Deadline[A]]":
        """The deadlines by the names of their statuses."""
        return {str(deadline.status): deadline for deadline in self.deadlines}

    @cached_property
    def transitions(self) -> Transitions:
        """The statuses from which each command may start, as a check for every change and removal."""
        return Transitions(self.commands, self.children)

    # -- its events

    @property
    def initial_status(self) -> StrEnum:
        """The status of a newly created aggregate."""
        return self.creating.status  # pyrefly: ignore[bad-return] (the command that creates has a status)

    @cached_property
    def event_by_status(self) -> Mapping[StrEnum, str]:
        """The type of the event that reports each status."""
        return {command.status: command.event for command in self.commands if command.status is not None}

    @property
    def deletion_event(self) -> str:
        """The type of the event that reports a deletion."""
        return next(command.event for command in self.commands if command.kind == "deletes")

    @property
    def list_events(self) -> tuple[str, ...]:
        """The types of the events of a list: imported, and rejected; empty without lists."""
        return tuple(f"{self.title}{end}" for end in LIST_ENDS) if self.has_lists else ()

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
        """The context as a source of events: their envelopes and the names of their schemas."""
        return Source(self.name, self.versions)

    def schema_of(self, event_type: str, version: str | None = None) -> str:
        """Return the name of a type's schema, its file's ``$id``. The default is the declared version."""
        return self.source.schema_of(event_type, version)

    @property
    def _previous_versions(self) -> Mapping[str, str]:
        return self.previous_version.versions if self.previous_version else {}

    @property
    def event_versions(self) -> tuple[tuple[str, str], ...]:
        """The types of all events with their versions: the current versions, and those of ``previous_version``."""
        return (*self.versions.items(), *self._previous_versions.items())

    def label(self, event_type: str, version: str) -> str:
        """Return the message attribute ``type`` of a version; for lists' events, it is the type alone."""
        return event_type if event_type in self.list_events else label(event_type, version)

    def published(self, event_type: str) -> tuple[str, ...]:
        """Return the versions in which a type's events are published, the previous major version first."""
        current, previous = self.versions[event_type], self._previous_versions.get(event_type)
        if self.previous_version is None or previous is None:
            return (current,)
        return (previous, current) if self.previous_version.ready else (previous,)

    def labels_of(self, event_type: str) -> list[str]:
        """Return the labels with which a type's events are published, a label for each version."""
        return [self.label(event_type, version) for version in self.published(event_type)]

    @property
    def archives(self) -> "Mapping[str, Archive]":
        """The subscribers that are archives, by name. They get every published version."""
        archives: Any = (subscriber for subscriber in self.subscribers if type(subscriber) is not str)
        return {str(archive): archive for archive in archives}

    def _is_ready(self, subscriber: str) -> bool:
        previous = self.previous_version
        return previous is None or subscriber in previous.ready or subscriber in self.archives

    def versions_for(self, event_type: str, subscriber: str) -> tuple[str, ...]:
        """Return the versions of a type that a subscriber of its stacks gets: both versions only if it is ready."""
        published = self.published(event_type)
        return published if self._is_ready(subscriber) else published[:1]

    def labels_for(self, subscriber: str, types: Iterable[str]) -> list[str]:
        """Return the labels of the events of some types that a subscriber of its stacks gets."""
        return [self.label(name, version) for name in types for version in self.versions_for(name, subscriber)]

    def withheld_from(self, subscriber: str) -> list[str]:
        """Return the labels of the current versions that a subscriber of its stacks is not ready for."""
        types = () if self._is_ready(subscriber) else self._previous_versions
        return [self.label(event_type, self.versions[event_type]) for event_type in types]

    def model(self, event_type: str, version: str) -> type[BaseModel]:
        """Return the model of the data of an event type in a version."""
        previous = self._previous_versions.get(event_type)
        is_previous = previous is not None and major(previous) == major(version)
        if self.previous_version is None or not is_previous:
            return self.models[event_type]
        return self._with_child(event_type, self.previous_version.data)

    def payload(self, aggregate: Aggregate[Any, Any]) -> dict[str, Any]:
        """Return an aggregate as events and answers have it."""
        return payload(aggregate, times=self.times)

    @cached_property
    def models(self) -> Mapping[str, type[BaseModel]]:
        """The model of the data of each event type."""
        from ..domain.events import ListImportedData, ListRejectedData

        of_lists = zip(self.list_events, (ListImportedData, ListRejectedData), strict=False)
        return {**{event: self._with_child(event, self.data) for event in self.changes}, **dict(of_lists)}

    def _with_child(self, event_type: str, data: type[BaseModel]) -> type[BaseModel]:
        """Return the model of the data of an event. If the event reports a new child, the data has the child."""
        if event_type not in self.additions:
            return data
        children = self.children_of(self.additions[event_type])
        child: Any = {children.name: (children.view(self.identity), ...)}
        return create_model(data.__name__, __base__=data, __doc__=data.__doc__, **child)

    @cached_property
    def additions(self) -> Mapping[str, Command[Any, Any]]:
        """The commands that add a child, by their events."""
        return {command.event: command for command in self.commands if command.kind == "adds"}

    @cached_property
    def envelope(self) -> "type[CloudEvent]":
        """The envelope of its events."""
        from ..domain.events import envelope_of

        return envelope_of(self.name, hops=bool(self.reactions))

    # -- its items and measures

    @property
    def key_prefix(self) -> str:
        """The prefix of the key of each aggregate's item."""
        return f"{self.name.upper()}#"

    def child_prefix(self, child: str) -> str:
        """Return the prefix of the key of each item of a child. No aggregate has a dash in its prefix."""
        return f"{self.name.upper()}-{child.upper()}#"

    @property
    def indexes(self) -> Mapping[str, str]:
        """The table's indexes by their names, with their partition keys, which only the aggregates' items have."""
        of_deadlines = {DUE_INDEX: _KEYS["status"]} if self.deadlines else {}
        keys = map(self.stored_key, self.queried_by)
        queried = {_index(key): key.field if isinstance(key, By) else _KEYS.get(key, key) for key in keys}
        return queried | of_deadlines

    @property
    def sort_keys(self) -> Mapping[str, str]:
        """The sort keys of the indexes, by their names. The keys of items are the last."""
        of_deadlines = {DUE_INDEX: DUE} if self.deadlines else {}
        keys = map(self.stored_key, self.queried_by)
        return {_index(key): key.order if isinstance(key, By) else "pk" for key in keys} | of_deadlines

    @property
    def orders(self) -> Mapping[str, By]:
        """The fields of the list query that have an order."""
        return {key.field: key for key in self.queried_by if isinstance(key, By)}

    def stored_key(self, key: str | By) -> str | By:
        """Return a key of the list query with the names of attributes."""
        if isinstance(key, By):
            return replace(key, field=self.attributes[key.field], order=self.attributes[key.order])
        return key if key in _KEYS else self.attributes[key]

    def index_of(self, field: str) -> str:
        """Return the name of the index by a field, in which the list query reads the aggregates with a value."""
        return _index(self.stored_key(self.orders.get(field, field)))

    @property
    def queried_fields(self) -> tuple[str, ...]:
        """The stored fields that have an index."""
        return tuple(key for key in self.conditions if key not in _KEYS)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The keys of the list query, each once: ``list``, ``status``, or stored fields."""
        return tuple(dict.fromkeys(key.field if isinstance(key, By) else key for key in self.queried_by))

    @property
    def referenced_kinds(self) -> tuple[str, ...]:
        """The kinds of other contexts' aggregates that its aggregates refer to."""
        return tuple(dict.fromkeys(map(str, self.references.values())))

    @cached_property
    def copied_fields(self) -> Mapping[str, tuple[str, ...]]:
        """The fields of other contexts' aggregates that the projection contains, by kind."""
        if all(type(kind) is str for kind in self.references.values()):
            return {}
        from ..domain.reactions import copied

        return copied(self.references)

    @cached_property
    def amounts(self) -> tuple[str, ...]:
        """The attributes whose imported sums are measured."""
        return tuple(self.attributes[name] for name in self.fields_of("decimal"))

    @property
    def currency(self) -> str | None:
        """The attribute with the currency of amounts, or None."""
        return next((self.attributes[name] for name in self.fields_of("currency")), None)

    @property
    def currencies(self) -> tuple[str, ...]:
        """The labels of the sums."""
        return currencies(self.currency)

    def sums(self) -> Amounts:
        """Return empty sums, to which rows can be added."""
        return Amounts(self.amounts, self.currency)

    def totals(self, amounts: Mapping[str, Mapping[str, Decimal]], **counts: Any) -> ListTotals:
        """Return a list's totals for the rule of its approval, which names fields."""
        return ListTotals(**counts, amounts=self.by_field(amounts))

    def by_field(self, amounts: Mapping[str, Mapping[str, Decimal]]) -> dict[str, Mapping[str, Decimal]]:
        """Return sums by attribute as sums by field."""
        names = {attribute: name for name, attribute in self.attributes.items()}
        return {names[attribute]: sums for attribute, sums in amounts.items()}

    @property
    def faults(self) -> tuple[str, ...]:
        """The possible faults of a row; ``unknown`` only if rows refer to other contexts. Empty without lists."""
        possible = Fault if self.has_lists else ()
        return tuple(fault.value for fault in possible if fault is not Fault.UNKNOWN or self.references)

    @cached_property
    def refusals(self) -> tuple[str, ...]:
        """The codes of refused commands: of bad messages, of rules, and of idempotency."""
        return (INVALID, *(error.code for error in self.business_errors), REUSED, IN_PROGRESS)

    @cached_property
    def measures(self) -> Measures:
        """The metrics of this context's functions (see `bounded_context.declaration.measures`)."""
        return Measures(
            self.changes,
            self.refusals,
            self.faults,
            self.amounts,
            self.currencies,
            deadlines=bool(self.deadlines),
            deprecated=self.deprecated,
            exports=bool(self.exports),
        )

    @cached_property
    def business_errors(self) -> tuple[type[BusinessError], ...]:
        """The refusals of rules: the library's and the context's own."""
        of_children = (TooMany,) if self.children else ()
        return (*_PLATFORM_ERRORS, *of_children, *self.own_errors)

    @cached_property
    def own_errors(self) -> tuple[type[BusinessError], ...]:
        """The refusals of the context's own rules, each once."""
        return tuple(dict.fromkeys(error for command in self.commands for error in self.errors_of(command)))

    def errors_of(self, command: Command[Any, Any]) -> tuple[type[BusinessError], ...]:
        """Return the refusals of a command's rule: those of every rule, and its own."""
        return (*self.errors, *command.errors)
