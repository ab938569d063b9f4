"""The write units of a row in the table's indexes."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...programs.recording import Node
from .row import item_bytes, units


def index_units(table: Node, item: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield each index that contains the item, by name, with the write units of its entry."""
    for index in table.inputs.get("globalSecondaryIndexes") or ():
        keys = _keys(index)
        if keys <= set(item):
            yield index["name"], units(item_bytes(_projected(table, index, keys, item)))


def _keys(index: Mapping[str, Any]) -> set[str]:
    schemas = index.get("keySchemas") or ()
    named = [key["attributeName"] for key in schemas] or [index.get("hashKey"), index.get("rangeKey")]
    return {name for name in named if name}


def _projected(table: Node, index: Mapping[str, Any], keys: set[str], item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the attributes of an item in an index: all, or the keys of both and the included attributes."""
    if index["projectionType"] == "ALL":
        return item
    names = {*keys, table.inputs["hashKey"], table.inputs.get("rangeKey"), *(index.get("nonKeyAttributes") or ())}
    return {name: value for name, value in item.items() if name in names}
