"""The declaration of a context as data, which its code, its infrastructure and its tools read, and its contradictions.

A contradiction is a sentence that names the field.
"""

import importlib
import json
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Any, Final, TypeVar

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ..domain.aggregate import Aggregate, BusinessError, Change, Command, Unavailable
from ..domain.children import MOST as MOST_CHILDREN
from ..domain.children import OWN as OWN_OF_CHILDREN
from ..domain.children import Children
from ..domain.events import FIRST_VERSION, EventData, data_of, major
from ..domain.field_types import MOST_LONG_TEXTS
from ..domain.fields import (
    description_of,
    erased_value,
    is_default_of_type,
    is_personal,
    kind_of,
    may_be_none,
    no_cells,
    personal,
)
from ..domain.lists import MOST_DAYS
from ..domain.spelling import instead, snake
from .structure import EARLIER_INDEX_SHARDS, INDEX_SHARDS, By, Structure

_KEPT: Final = {"erased": False}
"""The mask of a field that is not personal: no field's value after an erasure."""
_SNAKE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_VERSION: Final = re.compile(r"[1-9][0-9]*\.[0-9]+")
_ROUTE: Final = re.compile(r"(DELETE|PATCH|POST|PUT) (/[A-Za-z0-9._-]+|/\{[a-z0-9_]+\})+")
_SCOPE: Final = re.compile(r"[!#-\[\]-~]{1,64}")
"""A scope (RFC 6749, section 3.3) within the length that API Gateway accepts ("CreateRoute")."""

_MOST_SCOPES: Final = 10
"""Maximum scopes of a route (API Gateway, "Quotas for configuring and running an HTTP API")."""

SCOPES: Final = f"a tuple of 1 to {_MOST_SCOPES} scopes without spaces, each of at most 64 characters"

_HOOKS: Final = ("pre_traffic", "post_traffic")
_REFERRING: Final = ("text", "identifier", None)
_ORDERED: Final = ("date", "identifier")
"""The kinds whose texts, of at most 64 characters in a cursor, have the order of their values."""

_OWN: Final = """
id identity pk status version list_id list_shard status_shard traceparent dataschema etag
created_at changed_at erased_at expires_at
"""
OWN_FIELDS: Final = frozenset(_OWN.split())
"""The attributes of an aggregate and its item besides the details."""

TIMES: Final = ("created_at", "changed_at")
"""The times of the writes. A field of such a name is the context's own, unless its answers have the times."""

_OF_LISTS: Final = """
amounts awaits_scan bucket code decided_at decided_by execution failed failure imported_parts key partner parts reason
received_at rejected rejections rows scan size staged task_token undone_parts valid verified version_id waits_since
"""
_OF_PROJECTIONS: Final = "event_id event_type order source"
_OF_STORED_ANSWERS: Final = "data expiration in_progress_expiration validation"
_OF_CIRCUITS: Final = "circuit_state failure_count half_open_owner opened_at probe_lease_expiry"
OTHERS: Final = frozenset(f"{_OF_LISTS} {_OF_PROJECTIONS} {_OF_STORED_ANSWERS} {_OF_CIRCUITS}".split())
"""The attributes of the items of lists, of other contexts' aggregates, of stored answers and of circuits. An index by
such an attribute would contain these items too. DynamoDB rejects an item whose index key is a number or empty."""

_PARAMETERS: Final = ("cursor", "limit")
"""The further parameters of the list query."""


def contradictions(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each contradiction; the earlier sentences explain the later."""
    yield from _without_comma(context)
    yield from _names(context)
    yield from _archives(context)
    yield from _details(context)
    yield from _renamed(context)
    yield from _columns(context)
    yield from _defaults(context)
    yield from _personal(context)
    yield from _children(context)
    yield from _commands(context)
    yield from _statuses(context)
    yield from _transitions(context)
    yield from _deadlines(context)
    yield from _exports(context)
    yield from _queries(context)
    yield from _functions(context)
    yield from _scopes(context)
    yield from _events(context)
    yield from _previous_version(context)
    yield from _deprecated(context)
    yield from _references(context)
    yield from _approval(context)
    yield from _of_others(context)
    yield from _errors(context)
    yield from _measures(context)


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _without_comma(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each tuple that is a text, since `("a")` is no tuple."""
    for name in ("subscribers", "queried_by"):
        if isinstance(text := getattr(context, name), str):
            yield f"{name} is the text {text!r}: write ({text!r},), with a comma."
    for command in context.commands:
        if isinstance(command.after, str):
            yield f"commands: after of {command.name} is {command.after!s}, and no tuple: write a comma after it."


def _names(context: Structure[Any]) -> Iterator[str]:
    if snake(context.title) != context.name:
        yield f"name is {context.name!r}: for the aggregate {context.title} write {snake(context.title)!r}."
    for name in _repeated(context.subscribers):
        yield f"subscribers has {name!r} twice: name each once."
    for field, value in (("plural", context.plural), ("verification", context.verification)):
        if value is not None and not _SNAKE.fullmatch(value):
            yield f"{field} is {value!r}: write it in snake_case."


def _archives(context: Structure[Any]) -> Iterator[str]:
    if context.archives:
        # Contexts without archives start without this module.
        from ..domain.archive import MOST_DAYS as MOST_DAYS_ARCHIVED

        for name, archive in context.archives.items():
            if type(archive.days) is not int or not 1 <= archive.days <= MOST_DAYS_ARCHIVED:
                remedy = f"write a whole number from 1 to {MOST_DAYS_ARCHIVED}"
                yield f"subscribers: days of {name} is {archive.days!r}: {remedy}."


def _details(context: Structure[Any]) -> Iterator[str]:
    details = context.details
    if not context.identity or not _is_identity(details.model_fields[context.identity]):
        yield f"aggregate: the first field of {details.__name__} must be its identity: an Identifier without a default."
    for model, name, field in _fields(context.details, context.state):
        if name in OWN_FIELDS and (context.times or name not in TIMES):
            yield f"aggregate: {model.__name__} has a field {name!r}, which every aggregate has: rename it."
        elif model is context.state and name in details.model_fields:
            yield f"aggregate: {model.__name__}.{name} is a field of {details.__name__}, too: name each field once."
        elif model is context.state and field.is_required():
            yield f"{model.__name__}.{name} has no default: write its value in a new {context.title}, such as `= None`."


def _fields(*models: type[BaseModel]) -> Iterator[tuple[type[BaseModel], str, FieldInfo]]:
    """Yield each field of some models, with its model and its name."""
    return ((model, name, field) for model in models for name, field in model.model_fields.items())


def _changes(context: Structure[Any]) -> list[type[Change]]:
    return [command.model for command in context.commands if issubclass(command.model, Change)]


def _renamed(context: Structure[Any]) -> Iterator[str]:
    for model, name, field in _fields(*(kind.model for kind in context.children)):
        if field.serialization_alias:
            yield f"children: {model.__name__}.{name} was {field.serialization_alias!r}: a child keeps its names."
    for models in ((context.details, context.state), *((model,) for model in _changes(context))):
        fields = [(model, name, old) for model in models for name, old in model.stored_names.items()]
        names = [old if old != name else "" for _, name, old in fields]
        for model, name, old in (field for field in fields if field[1] != field[2]):
            if fault := _bad_earlier_name(context, name, old, {name for _, name, _ in fields}, names.count(old) > 1):
                yield f"aggregate: {model.__name__}.{name} was {old!r}, {fault}."


def _bad_earlier_name(context: Structure[Any], name: str, old: str, used: set[str], repeated: bool) -> str:
    """Return why a field cannot have had another name, with the remedy, or an empty text."""
    if name == context.identity:
        return "but it is the identity, which is in keys, routes and logs: keep its name"
    if old in used:
        return "which is another field: remove that field, or take another name"
    if old in OWN_FIELDS or not _SNAKE.fullmatch(old):
        return "which is a reserved name or in capitals: write the earlier name"
    return "which another field was, too: write each earlier name once" if repeated else ""


def _columns(context: Structure[Any]) -> Iterator[str]:
    stored = [*_fields(context.details, context.state)]
    for model, name, field in stored:
        for member in no_cells(field):
            remedy = "write a type of the library, an enumeration, or a field for each of its values"
            yield f"{model.__name__}.{name} is a {member}, which is not the text of one cell: {remedy}."
    long = [
        (model, name) for model, name, field in _fields(context.details, context.state) if kind_of(field) == "longtext"
    ]
    for model, name in long[MOST_LONG_TEXTS:]:
        remedy = "write a Text, or store the text elsewhere and its address here"
        yield f"{model.__name__}.{name} is one LongText too many for an event, which has {MOST_LONG_TEXTS}: {remedy}."


def _is_identity(field: FieldInfo) -> bool:
    return kind_of(field) == "identifier" and field.is_required() and not may_be_none(field)


def _defaults(context: Structure[Any]) -> Iterator[str]:
    for model, name, field in _fields(context.details, context.state):
        # None is not stored: an item without the attribute is read with the default.
        if may_be_none(field) and (field.is_required() or field.default is not None):
            yield f"{model.__name__}.{name} may be None, which is not stored: write `= None` as its default."
    for model, name, field in _fields(context.details, context.state, *_changes(context)):
        # pydantic validates the values of callers, but not the defaults in the code.
        if not field.is_required() and not is_default_of_type(field):
            description = description_of(field) or "a value of its type"
            yield f"{model.__name__}.{name} has the default {field.default!r}: write {description}."


def _personal(context: Structure[Any]) -> Iterator[str]:
    for model, name, field in _fields(context.details, *(kind.model for kind in context.children)):
        if is_personal(field) and name == context.identity:
            yield f"{model.__name__}.{name} is Personal: the identity is in keys and logs, so take another."
        elif is_personal(field) and field.is_required() and erased_value(field) is None:
            yield f"{model.__name__}.{name} is Personal: give it a default, its value after an erasure."


def _children(context: Structure[Any]) -> Iterator[str]:
    for name in (
        *_repeated(kind.name for kind in context.children),
        *_repeated(kind.plural for kind in context.children),
    ):
        yield f"children has {name!r} twice: name each once."
    for kind in context.children:
        name, adding = kind.model.__name__, [command for command in context.commands if command.child is kind.model]
        if not 1 <= kind.most <= MOST_CHILDREN:
            yield f"children: {name} has the limit {kind.most}: write most, a number from 1 to {MOST_CHILDREN}."
        if not _SNAKE.fullmatch(kind.plural):
            yield f"children: the plural of {name} is {kind.plural!r}: write it in snake_case."
        if kind.name in context.stored_fields or kind.name in OWN_FIELDS:
            yield f"children: {name} has the name of a field, {kind.name!r}: rename it."
        if len(adding) != 1:
            yield f"children: {len(adding)} commands add a {name}: write one, by Command.adds."
        yield from _child_fields(context, kind)
    models = [context.details, context.state, *(kind.model for kind in context.children)]
    for one, other in combinations(models, 2) if context.children else ():
        yield from _erased_apart(one, other)
    for command in context.additions.values():
        if command.child not in [kind.model for kind in context.children]:
            yield f"commands: {command.name} adds a child that is not in children: name its class there."


def _child_fields(context: Structure[Any], kind: Children) -> Iterator[str]:
    name, fields = kind.model.__name__, kind.model.model_fields
    for field in (*OWN_OF_CHILDREN, context.identity):
        if field in fields:
            yield f"children: {name} has a field {field!r}, which every child has: rename it."
    long = [field for field in (*context.stored_fields.values(), *fields.values()) if kind_of(field) == "longtext"]
    if len(long) > MOST_LONG_TEXTS:
        yield f"children: the event of {name} has {len(long)} LongTexts, and may have {MOST_LONG_TEXTS}: write a Text."


def _erased_apart(one: type[BaseModel], other: type[BaseModel]) -> Iterator[str]:
    """An erasure masks values by their names, in the item and in its children."""
    masks = personal(one), personal(other)
    for field in sorted({*one.model_fields, *masks[0]} & {*other.model_fields, *masks[1]}):
        if len({json.dumps(mask.get(field, _KEPT)) for mask in masks}) > 1:
            names = f"{one.__name__}.{field} and {other.__name__}.{field}"
            yield f"children: an erasure gives {names} the same value: rename one, or write the same type and mark."


def _commands(context: Structure[Any]) -> Iterator[str]:
    for name in _repeated(command.name for command in context.commands):
        yield f"commands has {name} twice: name each once."
    for kind in ("creates", "deletes"):
        count = sum(command.kind == kind for command in context.commands)
        if count != 1:
            yield f"commands has {count} that {kind}: write one."
    for command in context.commands:
        yield from _command(context, command)


def _command(context: Structure[Any], command: Command[Any, Any]) -> Iterator[str]:
    base = context.details if command.kind == "creates" else Change
    if command.model.identity != context.identity:
        yield f"commands: the first field of {command.name} is {command.model.identity!r}: name {context.identity}."
    elif not issubclass(command.model, base):
        yield f"commands: {command.name} {command.kind}, so its class must be made from {base.__name__}."
    if not callable(command.rule):
        yield f"commands: {command.name} has no rule: write the function {command.function} as its second argument."
    if command.route is not None:
        yield from _route(context, command)


def _route(context: Structure[Any], command: Command[Any, Any]) -> Iterator[str]:
    example = f"PUT /{context.plural}/{{{context.identity}}}/{command.action(context.title)}"
    if not _ROUTE.fullmatch(command.route or ""):
        yield f"commands: the route of {command.name} is {command.route!r}: write a method and a path, as in {example}."
    for name in re.findall(r"\{(\w+)\}", command.route or ""):
        if name not in command.model.model_fields:
            yield f"commands: the route of {command.name} has {{{name}}}, which is not one of its fields."


def _statuses(context: Structure[Any]) -> Iterator[str]:
    with_status = [command for command in context.commands if command.status is not None]
    for command in with_status:
        if not isinstance(command.status, context.statuses):
            yield f"commands: {command.name} sets {command.status!r}, which is not a status of {context.title}."
    for name in _repeated(str(command.status) for command in with_status):
        yield f"commands: two set the status {name}, which determines the event: give each command its own status."
    for status in context.statuses:
        if status not in {command.status for command in with_status}:
            yield f"commands: no command sets {status}: remove it from {context.statuses.__name__}, or add a command."


def _transitions(context: Structure[Any]) -> Iterator[str]:
    for command in context.commands:
        if command.kind != "creates":
            yield from _starts(context, command)
    reached = _reachable(context)
    for command in context.commands:
        if command.status not in reached:
            fault = f"{command.status} cannot be reached from {context.initial_status}"
            yield f"commands: {fault}: let {command.name} start after a status that can be reached."


def _deadlines(context: Structure[Any]) -> Iterator[str]:
    if context.deadlines:
        # Contexts without deadlines start without this module.
        from .deadlines import contradictions as of_deadlines

        yield from of_deadlines(context)


def _exports(context: Structure[Any]) -> Iterator[str]:
    if context.exports:
        from .exports import contradictions as of_exports

        yield from of_exports(context)


def _starts(context: Structure[Any], command: Command[Any, Any]) -> Iterator[str]:
    if not command.after:
        yield f"commands: after of {command.name} is empty: name the statuses from which it may start."
    for status in command.after:
        if not isinstance(status, context.statuses):
            yield f"commands: {command.name} starts after {status!r}, which is not a status of {context.title}."
    for name in _repeated(str(status) for status in command.after):
        yield f"commands: after of {command.name} has {name} twice: name each once."
    if command.status in command.after:
        yield f"commands: {command.name} starts after {command.status}, which it sets: remove it from after."


def _reachable(context: Structure[Any]) -> set[StrEnum | None]:
    """Return the statuses that an aggregate can have, and None for a deleted aggregate."""
    reached: set[StrEnum | None] = {context.initial_status, None}
    while more := {command.status for command in context.commands if reached & {*command.after}} - reached:
        reached |= more
    return reached


def _queries(context: Structure[Any]) -> Iterator[str]:
    orders = [key for key in context.queried_by if isinstance(key, By)]
    plain = [key for key in context.queried_by if not isinstance(key, By)]
    for name in (*_repeated(plain), *_repeated(by.field for by in orders)):
        yield f"queried_by has {name!r} twice: name each once."
    if not context.has_lists and "list" in context.queried_by:
        yield "queried_by has 'list', and the context has no lists, since verification is None: write status instead."
    if context.index_shards not in (EARLIER_INDEX_SHARDS, INDEX_SHARDS):
        yield f"index_shards is {context.index_shards!r}: write {EARLIER_INDEX_SHARDS} or {INDEX_SHARDS}."
    for name in context.queried_fields:
        field = context.stored_fields.get(name)
        is_always_text = field is not None and (field.is_required() or name in context.state.model_fields)
        if field is None or kind_of(field) not in ("text", "identifier") or not is_always_text:
            remedy = "list, status, or a Text or an Identifier that is required or of the state"
            yield f"queried_by has {name!r}: write {remedy}."
        elif name in (context.identity, *_PARAMETERS) or name in OTHERS:
            yield f"queried_by has {name!r}, which is a reserved name: rename the field, or leave it out."
    for by in orders:
        yield from _order(context, by)


def _order(context: Structure[Any], by: By) -> Iterator[str]:
    """Check an order: each item has its value, which is in the cursors, and no other item has both keys."""
    field, fault = context.details.model_fields.get(by.order), f"queried_by: the order of {by.field!r} is {by.order!r}"
    if field is None or kind_of(field) not in _ORDERED or not field.is_required() or may_be_none(field):
        yield f"{fault}: write a required Day or Identifier of the details."
    elif is_personal(field):
        yield f"{fault}, which is Personal: a cursor would contain it."
    elif by.order in (by.field, context.identity):
        yield f"{fault}: write another field, or {by.field!r} without By."


def _functions(context: Structure[Any]) -> Iterator[str]:
    for name in _repeated((*context.functions, *_HOOKS)):
        field = "verification" if name == context.verification else "commands"
        yield f"{field}: there would be two functions {name}: choose another name."
    for route in _repeated(re.sub(r"\{\w+\}", "{}", route) for route in context.routes.values()):
        yield f"commands: two have the route {route}: choose another name, or write a route."


def _scopes(context: Structure[Any]) -> Iterator[str]:
    for function, scopes in context.scopes.items():
        if function not in context.routes:
            yield f"scopes names {function}, which has no route: {instead(function, context.routes)}."
        elif not scopes or not are_scopes(scopes):
            yield f"scopes of {function} are {scopes!r}: write {SCOPES}."


def are_scopes(scopes: Any) -> bool:
    """Return whether a value is a tuple of scopes, which may be empty."""
    return isinstance(scopes, tuple) and len(scopes) <= _MOST_SCOPES and all(map(_SCOPE.fullmatch, scopes))


def _events(context: Structure[Any]) -> Iterator[str]:
    for event in _repeated(context.events):
        yield f"commands: there are two events {event}: choose another name."
    for event, version in context.versions.items():
        if event not in context.events:
            yield f"versions has {event}, which no command raises: {instead(event, context.events)}."
        elif not _VERSION.fullmatch(version):
            yield f"versions: {event} has {version!r}: write <major>.<minor>, such as 1.0."


def _previous_version(context: Structure[Any]) -> Iterator[str]:
    for event, version in context.previous_version.versions.items() if context.previous_version else ():
        if event not in context.changes:
            yield f"previous_version has {event}, which no command raises: {instead(event, context.changes)}."
            continue
        today = context.versions.get(event, FIRST_VERSION)
        if not _VERSION.fullmatch(version) or major(version) + 1 != major(today):
            yield (
                f"previous_version: {event} has {version!r}, and its current version is {today!r}: "
                "write a version of the previous major version."
            )


def _deprecated(context: Structure[Any]) -> Iterator[str]:
    if context.deprecated:
        from .deprecation import contradictions as of_deprecated

        yield from of_deprecated(context)


def _references(context: Structure[Any]) -> Iterator[str]:
    details = context.details
    for name, kind in context.references.items():
        if name not in details.model_fields:
            fault = f"references has {name!r}, which is not a field of {details.__name__}"
            yield f"{fault}: {instead(name, details.model_fields)}."
        elif kind_of(details.model_fields[name]) not in _REFERRING:
            yield f"references has {name!r}, which is not a text: name a field that contains an id."
        if not _SNAKE.fullmatch(kind):
            yield f"references: {name} refers to {kind!r}: write it in snake_case."
        elif kind in (context.name, "list"):
            yield f"references: {name} refers to {kind!r}, which is the name of this context's own items: rename it."


def _approval(context: Structure[Any]) -> Iterator[str]:
    approval = context.approval
    if approval is None:
        return
    if not context.has_lists:
        yield "approval is declared, and the context has no lists, since verification is None: remove it."
    if type(approval.days) is not int or not 1 <= approval.days <= MOST_DAYS:
        yield f"approval: days is {approval.days!r}: write a whole number from 1 to {MOST_DAYS}."
    try:
        answer = approval.rule(context.totals(context.sums().sums()))
    except Exception as error:
        fault = f"its rule raised {type(error).__name__}: {error}, for a list without rows"
        yield f"approval: {fault}: let it return True or False for all totals."
        return
    if not isinstance(answer, bool):
        yield f"approval: its rule returned {answer!r}: let it return True or False."


def _of_others(context: Structure[Any]) -> Iterator[str]:
    if context.reactions or any(type(kind) is not str for kind in context.references.values()):
        from .reactions import contradictions, copy_contradictions

        yield from copy_contradictions(context.references)
        yield from contradictions(context)


def _errors(context: Structure[Any]) -> Iterator[str]:
    codes = (*_repeated(context.refusals), BusinessError.code)
    yield from (f"errors: {sentence}" for sentence in bad_errors(context.own_errors, codes))
    for error in context.own_errors:
        fields = {
            name
            for command in context.commands
            if error in context.errors_of(command)
            for name in command.model.model_fields
        }
        if error.field and error.field not in fields:
            problem = f"errors: the field of {error.__name__} is {error.field!r}, which none of its commands has"
            yield f"{problem}: write one of {', '.join(sorted(fields))}."


def bad_errors(errors: Iterable[type[BusinessError]], codes: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each refusal with a bad status, or whose code is among these codes of others."""
    for error in errors:
        if error.code in codes:
            yield f"the code of {error.__name__} is {error.code!r}, which is in use: choose another code."
        if issubclass(error, Unavailable):
            if error.status != Unavailable.status:
                yield f"the status of {error.__name__} is {error.status}: leave it at {Unavailable.status}."
        elif not 400 <= error.status <= 499:
            yield f"the status of {error.__name__} is {error.status}: write a status from 400 to 499."


def _measures(context: Structure[Any]) -> Iterator[str]:
    repeated = _repeated(measure.name for measure in context.measures.all)
    for event in context.changes:
        if event in repeated:
            yield f"commands: the event {event} has the name of another metric: choose another name."
    for field, measure in context.measures.amounts_imported.items():
        if measure.name in repeated:
            yield f"aggregate: its field {field!r} has the name of another metric, {measure.name}: rename it."


A = TypeVar("A", bound=Aggregate[Any, Any])

VARIABLE: Final = "CONTEXT"
"""The variable that names the context to the functions of the library: ``payment.context:PAYMENT``."""


class BadContext(ValueError):
    """The declaration contradicts itself; the message is a sentence that names the field."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Context(Structure[A]):
    """A bounded context.

    Args:
        name: the name in snake_case: the package, the ``source`` of its events, the beginning of every AWS name.
        plural: the plural of the name, in snake_case: the path of the API's routes, the name of the list query.
        display_name: the name for people, in any language; not used in code or in AWS.
        owner: the team, a tag on every resource.
        aggregate: the class of its aggregates.
        commands: the commands that callers may send, each with its rule; one creates, one deletes, any number changes.
        data: the model of the data of the aggregate's events, if their descriptions or types are not those of the
            details. The default is derived from the aggregate.
        versions: the version (``<major>.<minor>``) of each event type's schema; 1.0 for types that are not named.
        previous_version: the previous major version of the aggregates' events, as long as a subscriber reads it.
        deprecated: the day from which a major version of an event may be removed: ``{"OrderPlaced.1": "2027-03-31"}``.
            The route of a function also has the first day of its deprecation, before a slash:
            ``{"place_order": "2026-12-01/2027-03-31"}``.
        references: the fields that hold the id of another context's aggregate, with its kind in snake_case, or with a
            `Copy` of some of its fields.
        reactions: the reactions to other contexts' events, each with its rule.
        verification: the list workflow's step between validation and import, in snake_case; None for a context without
            lists.
        approval: the rule by which a person approves a list before its import; by default no list waits.
        queried_by: the keys of the list query: ``list``, ``status``, or stored fields that are texts, by name or with
            an order (`By`). Each adds an index, and one write unit per row; without any there is no list query.
        index_shards: the keys of a list, or of a status, in an index, over which rows are written: 32, or 16 as before
            version 0.4.0. Queries read all 32.
        subscribers: the subscribers of the events, each with its own queue, or an `Archive`; a stack may name others.
        api: whether callers reach it over HTTP, as well as by invoking its functions.
        times: whether answers and events have the times of the creation and of the last change, ``created_at`` and
            ``changed_at``. Items always have them.
        scopes: the OAuth scopes of a function's route, by the function's name. A caller's token needs one of them.
        errors: the refusals that every rule of the context may raise; those of a single rule belong to its command.
        children: the children that an aggregate may have, such as notes, each with a limit; a command adds them.
        deadlines: the commands that the library sends after an aggregate has stayed in a status for a time. They add
            an index, and one write unit for each write that enters or leaves such a status.
        exports: the files of aggregates that partners fetch from the server of lists, each with its schedule.

    Raises:
        BadContext: the declaration contradicts itself.
    """

    def __post_init__(self) -> None:
        if self.data is EventData:
            object.__setattr__(self, "data", data_of(self.aggregate, times=self.times))
        for contradiction in contradictions(self):
            raise BadContext(contradiction)
        object.__setattr__(self, "versions", dict.fromkeys(self.events, FIRST_VERSION) | dict(self.versions))


def declared() -> Context[Any]:
    """Return the context that the environment names in ``CONTEXT``, such as ``payment.context:PAYMENT``.

    Raises:
        BadContext: the variable names no context.
    """
    return named(os.environ.get(VARIABLE, ""))


def named(reference: str) -> Context[Any]:
    """Return the context of a reference: its module, a colon, and the constant.

    Raises:
        BadContext: there is no such context.
        Exception: the module raises it.
    """
    module, _, name = reference.partition(":")
    if not module or not name:
        raise BadContext(f"{reference!r} names no context: write <module>:<constant>.")
    try:
        imported = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if f"{module}.".startswith(f"{error.name}."):
            raise BadContext(f"there is no context {reference!r}: {error}: write <module>:<constant>.") from error
        raise
    if not hasattr(imported, name):
        raise BadContext(f"there is no context {reference!r}: {module} has no {name}: write <module>:<constant>.")
    return getattr(imported, name)
