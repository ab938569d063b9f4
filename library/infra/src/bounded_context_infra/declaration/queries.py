"""The contradictions of a context's list query."""

from collections.abc import Iterator
from typing import Any, Final

from bounded_context.declaration.context import OTHERS
from bounded_context.declaration.structure import EARLIER_INDEX_SHARDS, INDEX_SHARDS, By, Structure
from bounded_context.domain.fields import is_personal, kind_of, may_be_none

from .names import repeated

_ORDERED: Final = ("date", "identifier")
"""The kinds whose texts, of at most 64 characters in a cursor, have the order of their values."""

_PARAMETERS: Final = ("cursor", "limit")
"""The further parameters of the list query."""


def contradictions(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each contradiction of the keys of the list query."""
    orders = [key for key in context.queried_by if isinstance(key, By)]
    plain = [key for key in context.queried_by if not isinstance(key, By)]
    for name in (*repeated(plain), *repeated(by.field for by in orders)):
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
