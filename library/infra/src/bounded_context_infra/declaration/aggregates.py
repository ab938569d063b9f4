"""The contradictions of the fields of aggregates, of their children and of the data of commands."""

from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bounded_context.declaration.context import OWN_FIELDS
from bounded_context.declaration.structure import Structure
from bounded_context.domain.aggregate import Change
from bounded_context.domain.field_types import MOST_LONG_TEXTS
from bounded_context.domain.fields import (
    description_of,
    erased_value,
    is_default_of_type,
    is_personal,
    kind_of,
    may_be_none,
    no_cells,
)

from .names import SNAKE

_TIMES: Final = ("created_at", "changed_at")
"""The times of the writes. A field of such a name is the context's own, unless its answers have the times."""


def contradictions(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each contradiction of the fields."""
    yield from _details(context)
    yield from _renamed(context)
    yield from _columns(context)
    yield from _defaults(context)
    yield from _personal(context)


def _details(context: Structure[Any]) -> Iterator[str]:
    details = context.details
    if not context.identity or not _is_identity(details.model_fields[context.identity]):
        yield f"aggregate: the first field of {details.__name__} must be its identity: an Identifier without a default."
    for model, name, field in _fields(context.details, context.state):
        if name in OWN_FIELDS and (context.times or name not in _TIMES):
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
    if old in OWN_FIELDS or not SNAKE.fullmatch(old):
        return "which is a reserved name or in capitals: write the earlier name"
    return "which another field was, too: write each earlier name once" if repeated else ""


def _columns(context: Structure[Any]) -> Iterator[str]:
    stored = [*_fields(context.details, context.state)]
    for model, name, field in stored:
        for member in no_cells(field):
            remedy = "write a type of the library, an enumeration, or a field for each of its values"
            yield f"{model.__name__}.{name} is a {member}, which is not the text of one cell: {remedy}."
    long = [(model, name) for model, name, field in stored if kind_of(field) == "longtext"]
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
