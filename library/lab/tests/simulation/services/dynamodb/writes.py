"""Writes of an item. Transactions use the same decisions."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ..client_errors import refused
from ..expressions.compiled import Compiled, compiled
from ..expressions.tokens import Malformed
from ..typed_values import typed_item
from ..values import Item, copied
from .store import Store

Request = Mapping[str, Any]
Answer = dict[str, Any]

_NOTHING: Final[Mapping[str, Any]] = {}


class Planned(NamedTuple):
    """The effect of a write. ``old`` is None without an item, and ``new`` is None after a deletion."""

    key: str
    old: Item | None
    new: Item | None


class ConditionFailed(Exception):
    """The condition of a write does not hold. ``item`` is the stored item, in DynamoDB's JSON, if it was wanted."""

    def __init__(self, request: Request, old: Item | None) -> None:
        super().__init__("The conditional request failed")
        wanted = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and old is not None
        self.members: dict[str, Any] = {"Item": typed_item(old)} if wanted and old else {}


def key_of(store: Store, attributes: Mapping[str, Any]) -> str:
    """Return the key of an item or a request. Raises Malformed."""
    key = attributes.get(store.key)
    if type(key) is not str or not key:
        raise Malformed("The provided key element does not match the schema")
    return key


def _request_key(store: Store, request: Request) -> str:
    if request["Key"].keys() != {store.key}:
        raise Malformed("The provided key element does not match the schema")
    return key_of(store, request["Key"])


def planned_put(store: Store, request: Request) -> Planned:
    """Decide on Put."""
    item = request["Item"]
    key = key_of(store, item)
    old, _ = _held(store, request, key)
    return Planned(key, old, _indexed(store, item))


def planned_delete(store: Store, request: Request) -> Planned:
    """Decide on Delete."""
    key = _request_key(store, request)
    old, _ = _held(store, request, key)
    return Planned(key, old, None)


def planned_check(store: Store, request: Request) -> Planned:
    """Decide on ConditionCheck, which keeps the item."""
    key = _request_key(store, request)
    old, _ = _held(store, request, key)
    return Planned(key, old, old)


def planned_update(store: Store, request: Request) -> Planned:
    """Decide on Update, which creates an absent item."""
    key = _request_key(store, request)
    old, expressions = _held(store, request, key)
    new = dict(old or request["Key"])
    if expressions.update is not None:
        new = expressions.update(new, *_given(request))
    if new.get(store.key) != key:
        raise Malformed(f"Cannot update attribute {store.key}. This attribute is part of the key")
    return Planned(key, old, _indexed(store, new))


def _held(store: Store, request: Request, key: str) -> tuple[Item | None, Compiled]:
    """Return the stored item and the request's expressions. Raises ConditionFailed, Malformed."""
    expressions = compiled(request.get("ConditionExpression"), request.get("UpdateExpression"))
    placeholders, old = _given(request), store.items.get(key)
    expressions.check(*placeholders)
    if expressions.condition is not None and not expressions.condition(old or _NOTHING, *placeholders):
        raise ConditionFailed(request, old)
    return old, expressions


def _given(request: Request) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    return request.get("ExpressionAttributeNames", _NOTHING), request.get("ExpressionAttributeValues", _NOTHING)


def _indexed(store: Store, item: Item) -> Item:
    """Raise Malformed if the key of an index is no text, or empty. An item without it is not in the index."""
    for attribute in (*store.indexes.values(), *store.sorts.values()):
        if attribute in item and not (type(item[attribute]) is str and item[attribute]):
            raise Malformed(f"Type mismatch for index key {attribute}, or an empty string value")
    return item


PLANS: Final = {
    "Put": planned_put,
    "Update": planned_update,
    "Delete": planned_delete,
    "ConditionCheck": planned_check,
}
"""The decisions, by the names of a transaction's actions. Each raises ConditionFailed and Malformed."""


def written(store: Store, operation: str, request: Request) -> Answer:
    """Apply PutItem, UpdateItem or DeleteItem, and return its answer."""
    returned = _wanted(operation, request.get("ReturnValues", "NONE"))
    try:
        plan = PLANS[operation.removesuffix("Item")](store, request)
    except ConditionFailed as failure:
        raise refused(operation, "ConditionalCheckFailedException", str(failure), **failure.members) from None
    store.commit(plan.key, plan.new)
    return _answer(returned, plan)


def _wanted(operation: str, values: str) -> str:
    if values not in ("NONE", "ALL_OLD", "ALL_NEW"):
        raise NotImplementedError(f"ReturnValues={values} is not simulated")
    if values == "ALL_NEW" and operation != "UpdateItem":
        raise Malformed("Return values set to invalid value")
    return values


def _answer(returned: str, plan: Planned) -> Answer:
    item = {"NONE": None, "ALL_OLD": plan.old, "ALL_NEW": plan.new}[returned]
    return {} if item is None else {"Attributes": copied(item)}
