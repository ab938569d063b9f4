"""What a declaration of a context may not say: each contradiction as a sentence that names the field."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from .domain.aggregate import Change
from .domain.commands import Command
from .domain.errors import BusinessError
from .domain.events import FIRST_VERSION, major
from .domain.fields import description_of, is_default_of_type, kind_of, may_be_none
from .words import snake

if TYPE_CHECKING:
    from .context import Context

_SNAKE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_VERSION: Final = re.compile(r"[1-9][0-9]*\.[0-9]+")
_ROUTE: Final = re.compile(r"(DELETE|PATCH|POST|PUT) (/[A-Za-z0-9._-]+|/\{[a-z0-9_]+\})+")
_HOOKS: Final = ("pre_traffic", "post_traffic")
_NO_TEXT: Final = ("decimal", "int", "currency", "date", "bool")
OWN_FIELDS: Final = frozenset(
    (
        "id",
        "identity",
        "pk",
        "status",
        "version",
        "list_id",
        "list_shard",
        "status_shard",
        "traceparent",
        "dataschema",
        "etag",
        "expires_at",
    )
)
"""What an aggregate and its item have besides the details."""

_OF_LISTS: Final = ("amounts", "bucket", "execution", "imported_parts", "key", "partner", "parts", "received_at")
_MORE_OF_LISTS: Final = ("reason", "rejected", "rejections", "rows", "size", "staged", "undone_parts", "valid")
_STILL_MORE_OF_LISTS: Final = ("verified", "version_id")
_OF_THINGS: Final = ("event_id", "event_type", "order", "source")
_OF_ANSWERS: Final = ("data", "expiration", "in_progress_expiration", "validation")
OTHERS: Final = frozenset((*_OF_LISTS, *_MORE_OF_LISTS, *_STILL_MORE_OF_LISTS, *_OF_THINGS, *_OF_ANSWERS))
"""What items of lists, of other contexts' things and of remembered answers have: in an index they would stand between
the aggregates, and DynamoDB takes no item whose key is a number or empty."""

_PARAMETERS: Final = ("cursor", "limit")
"""What the query for many is asked besides."""


def contradictions(context: "Context[Any]") -> Iterator[str]:
    """Yield one sentence for each; what comes first explains what comes later."""
    yield from _names(context)
    yield from _details(context)
    yield from _defaults(context)
    yield from _commands(context)
    yield from _statuses(context)
    yield from _transitions(context)
    yield from _queries(context)
    yield from _functions(context)
    yield from _events(context)
    yield from _beside(context)
    yield from _references(context)
    yield from _errors(context)
    yield from _measures(context)


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _names(context: "Context[Any]") -> Iterator[str]:
    if snake(context.title) != context.name:
        yield f"name is {context.name!r}: for the aggregate {context.title} write {snake(context.title)!r}."
    for field in ("plural", "verification"):
        if not _SNAKE.fullmatch(getattr(context, field)):
            yield f"{field} is {getattr(context, field)!r}: write it in snake_case."


def _details(context: "Context[Any]") -> Iterator[str]:
    details = context.details
    if not context.identity or not _names_one(details.model_fields[context.identity]):
        yield f"aggregate: the first field of {details.__name__} must be its identity: an Identifier without a default."
    for name in details.model_fields:
        if name in OWN_FIELDS:
            yield f"aggregate: {details.__name__} has a field {name!r}, which every aggregate has: rename it."


def _names_one(field: FieldInfo) -> bool:
    return kind_of(field) == "identifier" and field.is_required() and not may_be_none(field)


def _defaults(context: "Context[Any]") -> Iterator[str]:
    details = context.details
    for name, field in details.model_fields.items():
        # None is not an attribute of an item: what is read again of it is the default.
        if may_be_none(field) and (field.is_required() or field.default is not None):
            yield f"{details.__name__}.{name} may be None, which is not stored: write `= None` as its default."
    for model in (details, *(command.model for command in context.commands if issubclass(command.model, Change))):
        yield from _bad_defaults(model)


def _bad_defaults(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        # pydantic holds what callers say to the type, and not what stands in the code.
        if not field.is_required() and not is_default_of_type(field):
            wanted = description_of(field) or "a value of its type"
            yield f"{model.__name__}.{name} has the default {field.default!r}: write {wanted}."


def _commands(context: "Context[Any]") -> Iterator[str]:
    for name in _repeated(command.name for command in context.commands):
        yield f"commands has {name} twice: name each once."
    for kind in ("creates", "deletes"):
        count = sum(command.kind == kind for command in context.commands)
        if count != 1:
            yield f"commands has {count} that {kind}: write one."
    for command in context.commands:
        yield from _command(context, command)


def _command(context: "Context[Any]", command: Command[Any]) -> Iterator[str]:
    base = context.details if command.kind == "creates" else Change
    if command.model.identity != context.identity:
        yield f"commands: the first field of {command.name} is {command.model.identity!r}: name {context.identity}."
    elif not issubclass(command.model, base):
        yield f"commands: {command.name} {command.kind}, so its class must be made from {base.__name__}."
    if command.route is not None:
        yield from _route(context, command)


def _route(context: "Context[Any]", command: Command[Any]) -> Iterator[str]:
    example = f"PUT /{context.plural}/{{{context.identity}}}/{command.action(context.title)}"
    if not _ROUTE.fullmatch(command.route or ""):
        yield f"commands: the route of {command.name} is {command.route!r}: write a method and a path, as in {example}."
    for name in re.findall(r"\{(\w+)\}", command.route or ""):
        if name not in command.model.model_fields:
            yield f"commands: the route of {command.name} has {{{name}}}, which is not one of its fields."


def _statuses(context: "Context[Any]") -> Iterator[str]:
    left = [command for command in context.commands if command.status is not None]
    for command in left:
        if not isinstance(command.status, context.statuses):
            yield f"commands: {command.name} leaves {command.status!r}, which is not a status of {context.title}."
    for name in _repeated(str(command.status) for command in left):
        yield f"commands: two leave {name}, and a change's event follows from its status: give each one of its own."
    for status in context.statuses:
        if status not in {command.status for command in left}:
            yield f"commands: none leaves {status}: remove it from {context.statuses.__name__}, or add a command."


def _transitions(context: "Context[Any]") -> Iterator[str]:
    for command in context.commands:
        if command.kind != "creates":
            yield from _starts(context, command)
    reached = _reachable(context)
    for command in context.commands:
        if command.status not in reached:
            way = f"nothing leads from {context.first} to {command.status}"
            yield f"commands: {way}: let {command.name} start after a status that is reached."


def _starts(context: "Context[Any]", command: Command[Any]) -> Iterator[str]:
    if not command.after:
        yield f"commands: after of {command.name} is empty: name the statuses from which it may start."
    for status in command.after:
        if not isinstance(status, context.statuses):
            yield f"commands: {command.name} starts after {status!r}, which is not a status of {context.title}."
    for name in _repeated(str(status) for status in command.after):
        yield f"commands: after of {command.name} has {name} twice: name each once."
    if command.status in command.after:
        yield f"commands: {command.name} starts after {command.status}, which it leaves: remove it from after."


def _reachable(context: "Context[Any]") -> set[StrEnum | None]:
    """Return the statuses that an aggregate may ever have, and None: of one that is removed."""
    reached: set[StrEnum | None] = {context.first, None}
    while more := {command.status for command in context.commands if reached & {*command.after}} - reached:
        reached |= more
    return reached


def _queries(context: "Context[Any]") -> Iterator[str]:
    for name in _repeated(context.queried_by):
        yield f"queried_by has {name!r} twice: name each once."
    for name in context.queried_fields:
        field = context.details.model_fields.get(name)
        if field is None or kind_of(field) not in ("text", "identifier") or not field.is_required():
            yield f"queried_by has {name!r}: write list, status, or a required field that is a Text or an Identifier."
        elif name in (context.identity, *_PARAMETERS) or name in OTHERS:
            yield f"queried_by has {name!r}, which is another thing's name too: rename the field, or leave it out."


def _functions(context: "Context[Any]") -> Iterator[str]:
    for name in _repeated((*context.functions, *_HOOKS)):
        field = "verification" if name == context.verification else "commands"
        yield f"{field}: there would be two functions {name}: choose another name."
    for route in _repeated(re.sub(r"\{\w+\}", "{}", route) for route in context.routes.values()):
        yield f"commands: two have the route {route}: choose another name, or write a route."


def _events(context: "Context[Any]") -> Iterator[str]:
    for event in _repeated(context.events):
        yield f"commands: the event {event} would report two things: choose another name."
    for event, version in context.versions.items():
        if event not in context.events:
            yield f"versions has {event}, which no command raises: remove it."
        elif not _VERSION.fullmatch(version):
            yield f"versions: that of {event} is {version!r}: write <major>.<minor>, such as 1.0."


def _beside(context: "Context[Any]") -> Iterator[str]:
    for event, version in context.beside.versions.items() if context.beside else ():
        if event not in context.changes:
            yield f"beside has {event}, which no command raises: remove it."
            continue
        today = context.versions.get(event, FIRST_VERSION)
        if not _VERSION.fullmatch(version) or major(version) + 1 != major(today):
            yield (
                f"beside: that of {event} is {version!r}, and versions says {today!r}: "
                "write one of the major version before."
            )


def _references(context: "Context[Any]") -> Iterator[str]:
    details = context.details
    for name, thing in context.references.items():
        if name not in details.model_fields:
            yield f"references has {name!r}, which is not a field of {details.__name__}."
        elif kind_of(details.model_fields[name]) in _NO_TEXT:
            yield f"references has {name!r}, which is not a text: what it refers to is found by its id."
        if not _SNAKE.fullmatch(thing):
            yield f"references: {name} refers to {thing!r}: write what that is in snake_case."
        elif thing in (context.name, "list"):
            yield f"references says that {name} is a {thing}: items of that name are this context's own."


def _errors(context: "Context[Any]") -> Iterator[str]:
    taken = (*_repeated(context.refusals), BusinessError.code)
    for error in context.errors:
        if error.code in taken:
            yield f"errors: the code of {error.__name__} is {error.code!r}: give it one of its own."
        if not 400 <= error.status <= 499:
            yield f"errors: the status of {error.__name__} is {error.status}: write one from 400 to 499."


def _measures(context: "Context[Any]") -> Iterator[str]:
    repeated = _repeated(measure.name for measure in context.measures.all)
    for event in context.changes:
        if event in repeated:
            yield f"commands: the event {event} has the name of another metric: choose another name."
    for field, measure in context.measures.amounts_imported.items():
        if measure.name in repeated:
            yield f"aggregate: its field {field!r} has the metric {measure.name}, which is another's: rename it."
