"""How large a row is wherever it goes: as the context's samples have it."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from ..adapters.items import TRACEPARENT, Items
from ..adapters.sns import BATCH
from ..context import Context
from ..testing.samples import Samples
from .assumptions import UNSAID_TEXT

_LIST: Final = "0" * 32
_TRACEPARENT: Final = f"00-{'0' * 32}-{'0' * 16}-00"
_SEQUENCE: Final = "0" * 40
_KB: Final = 1024
_REQUEST: Final = 64 * _KB
"""Bytes of a request of SNS or SQS; more are several (their pages of prices)."""


@dataclass(frozen=True)
class Row:
    """A row of a context's lists."""

    context: Context[Any]

    @cached_property
    def values(self) -> dict[str, str]:
        """Its cells."""
        return {column: self._cell(column) for column in self.context.rows.columns}

    def _cell(self, column: str) -> str:
        others = dict.fromkeys(self.context.rows.columns, UNSAID_TEXT)
        del others[column]
        try:
            return Samples(self.context).values(1, **others)[column]
        except LookupError:
            return UNSAID_TEXT

    @property
    def file_bytes(self) -> int:
        """Its line in a partner's file."""
        return sum(len(value.encode()) + 1 for value in self.values.values())

    @cached_property
    def item(self) -> Mapping[str, Any]:
        """It in the table, as the import writes it."""
        item = Items(self.context).from_values(self.values, self.context.first, 1, _LIST)
        return item | {TRACEPARENT: _TRACEPARENT}

    @property
    def item_bytes(self) -> int:
        """The item's size."""
        return item_bytes(self.item)

    @property
    def requests_a_batch(self) -> int:
        """As how many requests a full batch of its events is billed, by SNS and by SQS."""
        return math.ceil(BATCH * len(json.dumps(self._event())) / _REQUEST)

    def _event(self) -> dict[str, Any]:
        """The event of it, but for its standing, which is a few letters."""
        context, now = self.context, datetime.now(UTC)
        event_type = context.reached[context.first]
        return context.source.cloud_event(
            _LIST, event_type, _LIST, now, dict(self.values), _TRACEPARENT, sequence=_SEQUENCE
        )


def units(size: int) -> int:
    """The units that a write of so many bytes takes: one for each KB (DynamoDB, "Write request unit")."""
    return math.ceil(size / _KB)


def item_bytes(item: Mapping[str, Any]) -> int:
    """The size of an item without sets, lists and maps (DynamoDB, "Item sizes and formats")."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Any) -> int:
    if isinstance(value, bool | None):
        return 1
    if isinstance(value, int | Decimal):
        return math.ceil(len(Decimal(value).as_tuple().digits) / 2) + 1
    return len(str(value).encode())
