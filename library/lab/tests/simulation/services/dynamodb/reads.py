"""Reads: GetItem, BatchGetItem, Scan, and Query of an index."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final
from zlib import crc32

from ..expressions.compiled import compiled
from ..expressions.operands import ABSENT, Path, path, resolved
from ..expressions.tokens import Malformed, Tokens
from ..values import Item, copied
from .store import Store
from .writes import Answer, Request, key_of

MOST_KEYS: Final = 100
"""Keys of BatchGetItem (AWS limit)."""

_UNPROCESSED: Final = 0.05
"""The share of batches of which some keys come back unprocessed."""


def get_item(store: Store, request: Request) -> Answer:
    """Apply GetItem."""
    item = store.seen(consistent=request.get("ConsistentRead", False)).get(key_of(store, request["Key"]))
    return {} if item is None else {"Item": _projection(request)(item)}


def batch_get_item(store: Store, request: Request) -> Answer:
    """Apply BatchGetItem. Items come in no order, and some keys may come back unprocessed."""
    [(name, wanted)] = request["RequestItems"].items()
    keys = [key_of(store, key) for key in wanted["Keys"]]
    if len(set(keys)) < len(keys) or not 0 < len(keys) <= MOST_KEYS:
        raise Malformed("Provided list of item keys contains duplicates, is empty or too long")
    processed = _processed(store, len(keys))
    seen, project = store.seen(consistent=wanted.get("ConsistentRead", False)), _projection(wanted)
    items = [project(seen[key]) for key in keys[:processed] if key in seen]
    unprocessed = {name: {**wanted, "Keys": wanted["Keys"][processed:]}} if processed < len(keys) else {}
    return {"Responses": {name: items}, "UnprocessedKeys": unprocessed}


def _processed(store: Store, keys: int) -> int:
    return store.gate.choose(range(keys)) if store.gate.chance(_UNPROCESSED) else keys


def _projection(request: Request) -> Callable[[Item], Item]:
    """Return a copying function that keeps the attributes of a ProjectionExpression."""
    text, names = request.get("ProjectionExpression"), request.get("ExpressionAttributeNames", {})
    if text is None:
        return copied
    attributes = [str(name) for name in resolved(_attributes(text), names)]
    return lambda item: {name: copied(item[name]) for name in attributes if name in item}


@lru_cache(maxsize=256)
def _attributes(text: str) -> Path:
    """Return the names and placeholders of a ProjectionExpression. Raises Malformed."""
    tokens = Tokens(text)
    paths = [path(tokens)]
    while tokens.took(","):
        paths.append(path(tokens))
    tokens.end()
    if any(len(steps) > 1 for steps in paths):
        raise NotImplementedError("projections of nested attributes are not simulated")
    return tuple(steps[0] for steps in paths)


def scan(store: Store, request: Request) -> Answer:
    """Apply Scan. A page ends before the filter is applied. Items come in the order of the table's key."""
    seen = store.seen(consistent=request.get("ConsistentRead", False))
    after = key_of(store, request["ExclusiveStartKey"]) if "ExclusiveStartKey" in request else ""
    of, number = request.get("TotalSegments", 1), request.get("Segment", 0)
    keys = sorted(key for key in seen if key > after and crc32(key.encode()) % of == number)
    page = keys[: request.get("Limit")]
    items = [_projection(request)(seen[key]) for key in page if _filter(request)(seen[key])]
    last = {"LastEvaluatedKey": {store.key: page[-1]}} if len(page) < len(keys) else {}
    return {"Items": items, "Count": len(items), "ScannedCount": len(page), **last}


def _filter(request: Request) -> Callable[[Item], bool]:
    placeholders = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    holds = compiled(request.get("FilterExpression")).condition
    return lambda item: holds is None or holds(item, *placeholders)


def query(store: Store, request: Request) -> Answer:
    """Apply Query of an index, which is eventually consistent. Items come in the order of the index's range key."""
    name = request.get("IndexName", "")
    attribute = store.indexes.get(name)
    if attribute is None or request.get("ConsistentRead"):
        raise Malformed("The table does not have the specified index, or the read is consistent")
    keys = tuple(dict.fromkeys((attribute, store.sorts.get(name, store.key), store.key)))
    items = _matching(store, keys, request)
    if "ExclusiveStartKey" in request:
        key_of(store, request["ExclusiveStartKey"])
        after = [request["ExclusiveStartKey"][key] for key in keys[1:]]
        items = [item for item in items if [item[key] for key in keys[1:]] > after]
    return _page(keys, items, request, keys_only=name in store.sorts)


def _matching(store: Store, keys: Sequence[str], request: Request) -> list[Item]:
    expressions = compiled(request["KeyConditionExpression"])
    placeholders = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    expressions.check(*placeholders)
    holds = expressions.condition
    seen = store.seen(consistent=False).values()
    there = (item for item in seen if all(item.get(key, ABSENT) is not ABSENT for key in keys))
    items = [item for item in there if holds and holds(item, *placeholders)]
    return sorted(items, key=lambda item: [item[key] for key in keys[1:]])


def _page(keys: Sequence[str], matches: Sequence[Item], request: Request, *, keys_only: bool) -> Answer:
    """Return a page. DynamoDB gives a last key whenever it stopped at the limit, also if no item comes after."""
    limit, project = request.get("Limit"), _projection(request)
    projected = [{key: item[key] for key in keys} for item in matches[:limit]] if keys_only else matches[:limit]
    items = [project(item) for item in projected]
    answer: Answer = {"Items": items, "Count": len(items), "ScannedCount": len(items)}
    if limit is not None and len(items) == limit:
        answer["LastEvaluatedKey"] = {key: matches[limit - 1][key] for key in keys}
    return answer
