"""The contradictions of a context's list query."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bounded_context.declaration.structure import EARLIER_INDEX_SHARDS, INDEX_SHARDS, By, Structure
from bounded_context.domain.fields import is_personal, kind_of, may_be_none

from .names import repeated

_ORDERED: Final = ("date", "identifier")
"""The kinds whose texts, of at most 64 characters in a cursor, have the order of their values."""

_PARAMETERS: Final = ("cursor", "limit")
"""The further parameters of the list query."""

WRITTEN: Final[Mapping[str, str]] = {
    "lists": "amounts awaits_scan bucket code decided_at decided_by execution failed failure imported_parts key "
    "partner parts reason received_at rejected rejections rows scan size staged task_token undone_parts valid "
    "verified version_id waits_since",
    "projections": "event_id event_type order source",
    "answers": "data expiration in_progress_expiration validation",
    "circuits": "circuit_state failure_count half_open_owner opened_at probe_lease_expiry",
    "restores": "progress",
    "copied_fields": "copied",
    "reactions": "busy_until done place writer",
    "exports": "acknowledged_by attempt claimed_until failure failures fetched file_status last_period open_periods "
    "prepared_at progress sent since_period transfer",
    "children": "added_at child number",
}
"""The attributes of items that are not aggregates, by the feature that writes them. An index by such an attribute would
contain these items too, and DynamoDB rejects an item whose index key is a number, empty, or longer than 2,048 bytes.
The simulations record the attributes that are written, and compare them. The ``owner`` of a restore is a short text."""

_ADDED: Final = ("copied_fields", "reactions", "exports", "children")
"""The features without which a context of 0.4.0 keeps the keys of its list query."""

_OF_PARTS: Final = re.compile(r"(rows|until|writer)_\d+")
"""The attributes of a list's parts."""


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
        elif name in (context.identity, *_PARAMETERS) or is_of_others(context, context.attributes[name]):
            yield f"queried_by has {name!r}, which is a reserved name: rename the field, or leave it out."
    for by in orders:
        yield from _order(context, by)
    for kind in context.children:
        for name in sorted(kind.model.model_fields.keys() & {*context.indexes.values(), *context.sort_keys.values()}):
            yield f"children: {kind.model.__name__} has a field {name!r}, a key of queried_by: rename it, or the field."


def is_of_others(context: Structure[Any], attribute: str) -> bool:
    """Return whether items that are not aggregates have an attribute, in a table of the context."""
    features = (each for each in WRITTEN if each not in _ADDED or getattr(context, each))
    return any(attribute in WRITTEN[each].split() for each in features) or bool(_OF_PARTS.fullmatch(attribute))


def _order(context: Structure[Any], by: By) -> Iterator[str]:
    """Check an order: each item has its value, which is in the cursors, and no other item has both keys."""
    field, fault = context.details.model_fields.get(by.order), f"queried_by: the order of {by.field!r} is {by.order!r}"
    if field is None or kind_of(field) not in _ORDERED or not field.is_required() or may_be_none(field):
        yield f"{fault}: write a required Day or Identifier of the details."
    elif is_personal(field):
        yield f"{fault}, which is Personal: a cursor would contain it."
    elif is_of_others(context, context.attributes[by.order]):
        yield f"{fault}, which is a reserved name: rename the field, or write another."
    elif by.order in (by.field, context.identity):
        yield f"{fault}: write another field, or {by.field!r} without By."
