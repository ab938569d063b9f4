"""The contradictions of a context's children."""

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

from pydantic import BaseModel

from bounded_context.declaration.context import OWN_FIELDS
from bounded_context.declaration.structure import Structure
from bounded_context.domain.children import MOST, OWN, Children
from bounded_context.domain.field_types import MOST_LONG_TEXTS
from bounded_context.domain.fields import kind_of, personal

from .names import SNAKE, repeated

_KEPT: Final = {"erased": False}
"""The mask of a field that is not personal: no field's value after an erasure."""


def contradictions(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each contradiction of the children."""
    for name in (
        *repeated(kind.name for kind in context.children),
        *repeated(kind.plural for kind in context.children),
    ):
        yield f"children has {name!r} twice: name each once."
    for kind in context.children:
        name, adding = kind.model.__name__, [command for command in context.commands if command.child is kind.model]
        if not 1 <= kind.most <= MOST:
            yield f"children: {name} has the limit {kind.most}: write most, a number from 1 to {MOST}."
        if not SNAKE.fullmatch(kind.plural):
            yield f"children: the plural of {name} is {kind.plural!r}: write it in snake_case."
        if kind.name in context.stored_fields or kind.name in OWN_FIELDS:
            yield f"children: {name} has the name of a field, {kind.name!r}: rename it."
        if len(adding) != 1:
            yield f"children: {len(adding)} commands add a {name}: write one, by Command.adds."
        yield from _child_fields(context, kind)
    models = [context.details, context.state, *(kind.model for kind in context.children)]
    for pair in combinations(models, 2) if context.children else ():
        yield from _erased_apart(*pair)
    for command in context.additions.values():
        if command.child not in [kind.model for kind in context.children]:
            yield f"commands: {command.name} adds a child that is not in children: name its class there."


def _child_fields(context: Structure[Any], kind: Children) -> Iterator[str]:
    name, fields = kind.model.__name__, kind.model.model_fields
    for field in (*OWN, context.identity, "pk", "expires_at"):
        if field in fields:
            yield f"children: {name} has a field {field!r}, which is a reserved name: rename it."
    long = [field for field in (*context.stored_fields.values(), *fields.values()) if kind_of(field) == "longtext"]
    if len(long) > MOST_LONG_TEXTS:
        yield f"children: the event of {name} has {len(long)} LongTexts, and may have {MOST_LONG_TEXTS}: write a Text."


def _erased_apart(model: type[BaseModel], other: type[BaseModel]) -> Iterator[str]:
    """An erasure masks values by their names, in the item and in its children."""
    masks = personal(model), personal(other)
    for field in sorted({*model.model_fields, *masks[0]} & {*other.model_fields, *masks[1]}):
        if len({json.dumps(mask.get(field, _KEPT)) for mask in masks}) > 1:
            names = f"{model.__name__}.{field} and {other.__name__}.{field}"
            yield f"children: an erasure gives {names} the same value: rename one, or write the same type and mark."
