"""Aggregates in the table by a common value, through its indexes.

Indexes of DynamoDB are eventually consistent: a write appears a moment later.
"""

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from boto3.dynamodb.conditions import Key

from ..application.ports import Slice
from ..declaration.structure import INDEX_SHARDS
from ..domain.aggregate import Aggregate
from .items import KEY, LIST_SHARD, STATUS_SHARD, Items, shard

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

A = TypeVar("A", bound=Aggregate[Any, Any])


class AggregateShards(Generic[A]):
    """The aggregates of a list, in a status, or with a value, if the context has an index for it."""

    count = INDEX_SHARDS

    def __init__(self, items: Items[A], table: "Table") -> None:
        self._items = items
        self._table = table

    def of_list(self, list_id: str, number: int, after: str, most: int) -> Slice[A]:
        """Return at most ``most`` of a list's aggregates in a shard, from the identity after ``after``."""
        return self._read("by_list", LIST_SHARD, shard(list_id, number), after, most)

    def in_status(self, status: StrEnum, number: int, after: str, most: int) -> Slice[A]:
        """Return at most ``most`` aggregates in a status, of a shard, from the identity after ``after``."""
        return self._read("by_status", STATUS_SHARD, shard(status.value, number), after, most)

    def with_value(self, field: str, value: str, after: str, most: int) -> Slice[A]:
        """Return at most ``most`` aggregates with a value in a field, from the identity after ``after``."""
        return self._read(f"by_{field}", field, value, after, most)

    def _read(self, index: str, attribute: str, value: str, after: str, most: int) -> Slice[A]:
        start: Any = {"ExclusiveStartKey": {attribute: value, **self._items.key(after)}} if after else {}
        condition = Key(attribute).eq(value)
        response = self._table.query(IndexName=index, KeyConditionExpression=condition, Limit=most, **start)
        last: Any = response.get("LastEvaluatedKey")
        read = [self._items.to_aggregate(item) for item in response["Items"]]
        return Slice(read, self._items.identity_of(str(last[KEY])) if last else None)
