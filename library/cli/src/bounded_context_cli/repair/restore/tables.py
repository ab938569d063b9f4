"""Reads of the live table and of the restored table, as items in DynamoDB's notation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import sleep
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from bounded_context.adapters.items import KEY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = Mapping[str, Any]
"""An item, in DynamoDB's notation or with Python values."""

KEYS: Final = 100
"""Keys of a request (AWS limit of BatchGetItem)."""

ITEMS_OF_SEGMENT: Final = 10_000
"""Items of a segment: a smaller table is read as a whole."""

_MOST_SEGMENTS: Final = 8
"""Segments that are read at the same time, by a connection each."""

_WAIT: Final = 0.5
"""Seconds before unprocessed keys are requested again (DynamoDB API reference, BatchGetItem, asks for a delay)."""

_read = TypeDeserializer().deserialize
_write = TypeSerializer().serialize


def as_stored(item: Item) -> dict[str, Any]:
    """Return an item in DynamoDB's notation."""
    return {name: _write(value) for name, value in item.items()}


@dataclass(frozen=True)
class Tables:
    """A stack's table and the table that was restored from it, both by their names."""

    client: "DynamoDBClient"
    live: str
    restored: str

    def segments(self) -> int:
        """Return the number of segments for the table's items, which AWS counts every six hours."""
        items = self.client.describe_table(TableName=self.live)["Table"].get("ItemCount", 0)
        return min(_MOST_SEGMENTS, 1 + items // ITEMS_OF_SEGMENT)

    def pages(self, table: str, prefixes: Sequence[str], segment: int, of: int) -> Iterator[dict[str, Item]]:
        """Yield the items of a segment whose key has one of the prefixes, by key, some at a time."""
        values = {f":{number}": {"S": prefix} for number, prefix in enumerate(prefixes)}
        condition = " OR ".join(f"begins_with({KEY}, {name})" for name in values)
        scan = self.client.get_paginator("scan").paginate(
            TableName=table,
            ConsistentRead=True,
            Segment=segment,
            TotalSegments=of,
            FilterExpression=condition,
            ExpressionAttributeValues=values,
        )
        for page in scan:
            found = page["Items"]
            for start in range(0, len(found), KEYS):
                yield _by_key(found[start : start + KEYS])

    def items(self, table: str, keys: Sequence[str]) -> dict[str, Item]:
        """Return the items with the given keys, at most 100, by key."""
        found: dict[str, Item] = {}
        request: Any = {table: {"Keys": [{KEY: {"S": key}} for key in keys], "ConsistentRead": True}}
        while request:
            answer = self.client.batch_get_item(RequestItems=request)
            found |= _by_key(answer["Responses"].get(table, []))
            if request := answer.get("UnprocessedKeys"):
                sleep(_WAIT)
        return found


def plain(item: Item) -> Item:
    """Return an item with Python values."""
    return {name: _read(value) for name, value in item.items()}


def _by_key(items: Sequence[Item]) -> dict[str, Item]:
    return {item[KEY]["S"]: item for item in items}
