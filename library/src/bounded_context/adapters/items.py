"""How aggregates look as DynamoDB items. Every item of a table has one key attribute, ``pk``."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar
from zlib import crc32

from ..context import Context
from ..domain.aggregate import Aggregate

A = TypeVar("A", bound=Aggregate[Any, Any])

KEY: Final = "pk"
TRACEPARENT: Final = "traceparent"
SCHEMA: Final = "dataschema"
"""The name of the schema of the event that reports an item's last change; for a new item, its creation."""

ETAG: Final = "etag"
"""A name of the item's state, new with each write of a command. Rows of a list have none before their first change.
Its first part stays until the item is removed (`Aggregate.incarnation`)."""
LIST: Final = "LIST#"
"""The prefix of the key of each list's record."""

LIST_SHARD: Final = "list_shard"
STATUS_SHARD: Final = "status_shard"
SHARDS: Final = 16
"""Into how many partitions of an index the aggregates of one list, or of one status, are spread.

A partition takes 1,000 writes a second (AWS limit): without shards, an import would write all of its rows to one.
"""
_SUFFIXES: Final = tuple(f"#{number:02d}" for number in range(SHARDS))


def shard(value: str, number: int) -> str:
    """Return an index's partition key: what is looked for, and one of its shards."""
    return value + _SUFFIXES[number]


class Items(Generic[A]):
    """The items of a context's aggregates. ``attributes`` are the names of all that it writes of them, but the key."""

    def __init__(self, context: Context[A]) -> None:
        self.prefix = context.key_prefix
        self.identity = context.identity
        self.attributes = (*context.details.model_fields, "status", "version", STATUS_SHARD, "list_id", LIST_SHARD)
        self._aggregate = context.aggregate
        self._context = context
        self._known = {KEY, TRACEPARENT, SCHEMA, ETAG, *self.attributes}

    def key(self, identity: str) -> dict[str, str]:
        """Return an aggregate's key."""
        return {KEY: self.prefix + identity}

    def identity_of(self, key: str) -> str:
        """Return whose key it is."""
        return key.removeprefix(self.prefix)

    def schema_of(self, status: StrEnum) -> str:
        """Return the name of the schema of the event that tells that a status was reached."""
        return self._context.schema_of(self._context.reached[status])

    def from_values(
        self, values: Mapping[str, Any], status: StrEnum, version: int, list_id: str | None
    ) -> dict[str, Any]:
        """Return an aggregate's item, made from its details as JSON values: without what is None, and amounts as text.

        So a number is a whole one, and whoever reads an item can tell what it is without its field. Values of names
        that this version does not know are kept as they are: a newer one has staged them.
        """
        identity = values[self.identity]
        item = {KEY: self.prefix + identity, **_there(values), "status": status.value, "version": version}
        suffix = _SUFFIXES[crc32(identity.encode()) % SHARDS]
        item[STATUS_SHARD] = status.value + suffix
        if list_id is not None:
            item |= {"list_id": list_id, LIST_SHARD: list_id + suffix}
        return item

    def from_aggregate(self, aggregate: A) -> dict[str, Any]:
        """Return an aggregate's item."""
        values = aggregate.details.model_dump(mode="json")
        return self.from_values(values, aggregate.status, aggregate.version, aggregate.list_id)

    def to_aggregate(self, item: Mapping[str, Any]) -> A:
        """Read an aggregate's item: attributes that are not its own are passed over, a missing one is the default."""
        kind = self._aggregate
        details = kind.details_type.model_validate_stored({name: _plain(value) for name, value in item.items()})
        status, etag = kind.status_of(item["status"]), item.get(ETAG, "")
        return kind(details, status, int(item["version"]), item.get("list_id"), etag=etag)

    def beyond(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return, as JSON values, what a newer version wrote of an aggregate besides what this one knows."""
        return {
            name: int(value) if isinstance(value, Decimal) else value
            for name, value in item.items()
            if name not in self._known
        }


def _there(values: Mapping[str, Any]) -> Mapping[str, Any]:
    # Most rows have every value, and an import looks at millions of them.
    return {name: value for name, value in values.items() if value is not None} if None in values.values() else values


def _plain(value: Any) -> Any:
    # DynamoDB may give 100 back as 1E+2, which is not a number as a partner writes one.
    return format(value, "f") if isinstance(value, Decimal) else value
