"""The size of a sample row: in the file, in the table, in its indexes and in events."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from bounded_context.adapters.items import TRACEPARENT, Items
from bounded_context.adapters.sns import BATCH
from bounded_context.declaration.context import Context
from bounded_context.testing.samples import Samples

from ...programs.recording import Node
from .prices import assumed

_LIST: Final = "0" * 32
_TRACEPARENT: Final = f"00-{'0' * 32}-{'0' * 16}-00"
_SEQUENCE: Final = "0" * 40
_LINE_BYTES: Final = len(",1000000,")
_KB: Final = 1024
_REQUEST: Final = 64 * _KB
"""Bytes of a billed request of SNS or SQS; larger requests count several times (their pricing pages)."""


@dataclass(frozen=True)
class Row:
    """A sample row of a context's lists."""

    context: Context[Any]

    @cached_property
    def values(self) -> dict[str, str]:
        """The cells by column."""
        return {column: self._cell(column) for column in self.context.rows.columns}

    def _cell(self, column: str) -> str:
        text = "x" * assumed().text_length
        others = dict.fromkeys(self.context.rows.columns, text)
        del others[column]
        try:
            return Samples(self.context).values(1, **others)[column]
        except LookupError:
            return text

    @property
    def file_bytes(self) -> int:
        """The size of the row's line in a partner's file."""
        return sum(len(value.encode()) + 1 for value in self.values.values())

    @cached_property
    def item(self) -> Mapping[str, Any]:
        """The row's item in the table, as the import writes it."""
        item = Items(self.context).from_values(self.values, self.context.initial_status, 1, _LIST)
        return item | {TRACEPARENT: _TRACEPARENT}

    @property
    def staged_bytes(self) -> int:
        """The size of the row in an intermediate file: its values as JSON, and the number of its line."""
        return len(json.dumps(self.values, separators=(",", ":")).encode()) + _LINE_BYTES

    @property
    def item_bytes(self) -> int:
        """The size of the item."""
        return item_bytes(self.item)

    @property
    def requests_a_batch(self) -> int:
        """The billed requests of a full batch of events, for SNS and for SQS."""
        return math.ceil(BATCH * len(json.dumps(self._event())) / _REQUEST)

    def _event(self) -> dict[str, Any]:
        """Return the row's event without its status and version, which are a few characters."""
        context, now = self.context, datetime.now(UTC)
        event_type = context.event_by_status[context.initial_status]
        return context.source.cloud_event(
            _LIST, event_type, _LIST, now, dict(self.values), _TRACEPARENT, sequence=_SEQUENCE
        )


def units(size: int) -> int:
    """Return the write units for a number of bytes: one for each KB (DynamoDB, "Write request unit")."""
    return math.ceil(size / _KB)


def item_bytes(item: Mapping[str, Any]) -> int:
    """Return the size of an item without sets, lists and maps (DynamoDB, "Item sizes and formats")."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Any) -> int:
    if isinstance(value, bool | None):
        return 1
    if isinstance(value, int | Decimal):
        return math.ceil(len(Decimal(value).as_tuple().digits) / 2) + 1
    return len(str(value).encode())


def index_bytes(table: Node, item: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield each index that contains the item, by name, with the size of its entry."""
    for index in table.inputs.get("globalSecondaryIndexes") or ():
        keys = _keys(index)
        if keys <= set(item):
            yield index["name"], item_bytes(_projected(table, index, keys, item))


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
