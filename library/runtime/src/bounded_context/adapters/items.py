"""The DynamoDB items of aggregates. Every item of a table has one key attribute, ``pk``."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar
from zlib import crc32

from ..declaration.context import Context
from ..declaration.structure import INDEX_SHARDS
from ..domain.aggregate import Aggregate

A = TypeVar("A", bound=Aggregate[Any, Any])

KEY: Final = "pk"
TRACEPARENT: Final = "traceparent"
SCHEMA: Final = "dataschema"
"""The name of the schema of the event that reports an item's last change; for a new item, its creation."""

ETAG: Final = "etag"
"""A name of the item's state, new with each write of a command. Rows of a list have none before their first change.
Its first part stays until the item is removed (`Aggregate.incarnation`)."""
ERASED_AT: Final = "erased_at"
"""The time at which `context erase` replaced the item's personal data; absent before."""

LIST: Final = "LIST#"
"""The prefix of the key of each list's record."""

LIST_SHARD: Final = "list_shard"
STATUS_SHARD: Final = "status_shard"
_SUFFIXES: Final = tuple(f"#{number:02d}" for number in range(INDEX_SHARDS))


def shard_of(identity: str, shards: int = INDEX_SHARDS) -> int:
    """Return the number of an aggregate's shard in the indexes, from 0."""
    return crc32(identity.encode()) % shards


def shard(value: str, number: int) -> str:
    """Return an index's partition key: the value, and the number of a shard."""
    return value + _SUFFIXES[number]


class Items(Generic[A]):
    """The items of a context's aggregates. ``attributes`` are the names of all written attributes, except the key."""

    def __init__(self, context: Context[A]) -> None:
        self.prefix = context.key_prefix
        self.identity = context.identity
        self.attributes = (*context.details.model_fields, "status", "version", STATUS_SHARD, "list_id", LIST_SHARD)
        self._aggregate = context.aggregate
        self._context = context
        self._known = {KEY, TRACEPARENT, SCHEMA, ETAG, ERASED_AT, *self.attributes}

    def key(self, identity: str) -> dict[str, str]:
        """Return an aggregate's key."""
        return {KEY: self.prefix + identity}

    def identity_of(self, key: str) -> str:
        """Return the identity of the aggregate with this key."""
        return key.removeprefix(self.prefix)

    def schema_of(self, status: StrEnum) -> str:
        """Return the name of the schema of the event that reports a status."""
        return self._context.schema_of(self._context.event_by_status[status])

    def from_values(
        self, values: Mapping[str, Any], status: StrEnum, version: int, list_id: str | None, stored: str = ""
    ) -> dict[str, Any]:
        """Return an aggregate's item, made from its details as JSON values. None is left out, and amounts are text.

        A number in an item is therefore a whole number, and the type of a value is clear without its field. Values of
        names that this version does not know are kept as they are: a newer version has staged them. ``stored`` is the
        suffix of the item's index keys, which a change keeps, or empty for a new item.
        """
        identity = values[self.identity]
        item = {KEY: self.prefix + identity, **_without_none(values), "status": status.value, "version": version}
        suffix = stored or _SUFFIXES[shard_of(identity, self._context.index_shards)]
        item[STATUS_SHARD] = status.value + suffix
        if list_id is not None:
            item |= {"list_id": list_id, LIST_SHARD: list_id + suffix}
        return item

    def from_aggregate(self, aggregate: A) -> dict[str, Any]:
        """Return an aggregate's item."""
        values = aggregate.details.model_dump(mode="json")
        return self.from_values(values, aggregate.status, aggregate.version, aggregate.list_id, aggregate.shard)

    def to_aggregate(self, item: Mapping[str, Any]) -> A:
        """Return the aggregate of an item. Unknown attributes are ignored; a missing attribute is the default."""
        kind = self._aggregate
        details: Any = kind.details_type.model_validate_stored({name: _plain(value) for name, value in item.items()})
        status, metadata = kind.status_of(item["status"]), {"etag": item.get(ETAG, ""), "shard": _suffix(item)}
        return kind(details, status, int(item["version"]), item.get("list_id"), **metadata)

    def beyond(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return, as JSON values, the attributes of an aggregate that only a newer version knows."""
        return {
            name: int(value) if isinstance(value, Decimal) else value
            for name, value in item.items()
            if name not in self._known
        }


def _without_none(values: Mapping[str, Any]) -> Mapping[str, Any]:
    # A fast path: most rows have every value, and an import has millions of rows.
    return {name: value for name, value in values.items() if value is not None} if None in values.values() else values


def _suffix(item: Mapping[str, Any]) -> str:
    return str(item.get(STATUS_SHARD, "")).removeprefix(item["status"])


def _plain(value: Any) -> Any:
    # DynamoDB may return 100 as 1E+2, which is not the form of a partner's number.
    return format(value, "f") if isinstance(value, Decimal) else value
