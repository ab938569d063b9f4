"""What a written row costs besides itself: the table's indexes that it appears in."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..testing.graph import Node
from .row import item_bytes, units


def index_units(table: Node, item: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Each index that has the item, by name, with the units of its entry. An item without its keys is not in it."""
    for index in table.inputs.get("globalSecondaryIndexes") or ():
        keys = _keys(index)
        if keys <= set(item):
            yield index["name"], units(item_bytes(_projected(table, index, keys, item)))


def _keys(index: Mapping[str, Any]) -> set[str]:
    schemas = index.get("keySchemas") or ()
    named = [one["attributeName"] for one in schemas] or [index.get("hashKey"), index.get("rangeKey")]
    return {name for name in named if name}


def _projected(table: Node, index: Mapping[str, Any], keys: set[str], item: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an index holds of an item: all, or the keys of both and what is named."""
    if index["projectionType"] == "ALL":
        return item
    names = {*keys, table.inputs["hashKey"], table.inputs.get("rangeKey"), *(index.get("nonKeyAttributes") or ())}
    return {name: value for name, value in item.items() if name in names}
