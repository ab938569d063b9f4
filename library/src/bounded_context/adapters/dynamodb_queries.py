"""Aggregates in the table by what they have in common, through its two indexes.

An index is eventually consistent (DynamoDB has no other): what was just written shows a moment later.
"""

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from boto3.dynamodb.conditions import Key

from ..application.ports import Slice
from ..domain.aggregate import Aggregate
from .items import KEY, LIST_SHARD, SHARDS, STATUS_SHARD, Items, shard

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

A = TypeVar("A", bound=Aggregate[Any, Any])

INDEXES: Final = {LIST_SHARD: "by_list", STATUS_SHARD: "by_status"}
"""The index of each partition key; the sort key of both is the table's own key."""


class AggregateShards(Generic[A]):
    """The aggregates of a list, or in a status, shard by shard."""

    count = SHARDS

    def __init__(self, items: Items[A], table: "Table") -> None:
        self._items = items
        self._table = table

    def of_list(self, list_id: str, number: int, after: str, most: int) -> Slice[A]:
        """Return up to so many of a list's aggregates in one shard, from the identity after ``after``."""
        return self._read(LIST_SHARD, shard(list_id, number), after, most)

    def in_status(self, status: StrEnum, number: int, after: str, most: int) -> Slice[A]:
        """Return up to so many of the aggregates that stand there in one shard, from the identity after ``after``."""
        return self._read(STATUS_SHARD, shard(status.value, number), after, most)

    def _read(self, attribute: str, value: str, after: str, most: int) -> Slice[A]:
        start: Any = {"ExclusiveStartKey": {attribute: value, **self._items.key(after)}} if after else {}
        condition = Key(attribute).eq(value)
        found = self._table.query(IndexName=INDEXES[attribute], KeyConditionExpression=condition, Limit=most, **start)
        last: Any = found.get("LastEvaluatedKey")
        read = [self._items.to_aggregate(item) for item in found["Items"]]
        return Slice(read, self._items.identity_of(str(last[KEY])) if last else None)
