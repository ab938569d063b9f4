"""The aggregates that are due, by an index of the table: the shard of a status, and the time."""

from collections.abc import Iterator
from datetime import datetime
from heapq import merge
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from ..application.deadlines import Due
from ..declaration.context import Context
from ..declaration.structure import DUE, DUE_INDEX, INDEX_SHARDS
from ..domain.aggregate import Aggregate
from ..domain.deadlines import due_before, of_version, released_text, version_of
from .conditional import conditionally
from .items import KEY, STATUS_SHARD, Items, shard

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

A = TypeVar("A", bound=Aggregate[Any, Any])

PAGE: Final = 100
"""Entries of a page: a pass merges the pages of all shards in memory."""


class DueTable(Generic[A]):
    """The index ``by_due``, whose entries have keys only, and the items that it names.

    The index is eventually consistent. The item decides: its sort key names the version that began the stay.
    """

    def __init__(self, context: Context[A], items: Items[A], table: "Table") -> None:
        self._statuses = tuple(context.deadline_by_status)
        self._items = items
        self._table = table

    def due(self, at: datetime) -> Iterator[Due]:
        """Yield the entries of all shards that are due, in the order of their times."""
        shards = (self._shard(status, number, at) for status in self._statuses for number in range(INDEX_SHARDS))
        return merge(*shards)

    def _shard(self, status: str, number: int, at: datetime) -> Iterator[Due]:
        from boto3.dynamodb.conditions import Key

        condition = Key(STATUS_SHARD).eq(shard(status, number)) & Key(DUE).lte(due_before(at))
        query: Any = {"IndexName": DUE_INDEX, "KeyConditionExpression": condition, "Limit": PAGE}
        while True:
            answer = self._table.query(**query)
            for item in answer["Items"]:
                yield Due(str(item[DUE]), self._items.identity_of(str(item[KEY])), status)
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def get(self, entry: Due) -> A | None:
        """Return the stored aggregate, or None if it is due no more.

        A release without the deadlines may have changed the item and kept its sort key: the time then begins anew.
        """
        item = self._table.get_item(Key=self._items.key(entry.identity), ConsistentRead=True).get("Item")
        if item is None or item.get(DUE) != entry.text or item["status"] != entry.status:
            return None
        aggregate = self._items.to_aggregate(item)
        if of_version(entry.text, aggregate.version):
            return aggregate
        self._set(entry, self._items.due_of(entry.status, aggregate.version), aggregate.version)
        return None

    def release(self, entry: Due) -> None:
        """Let an item be due no more in this stay if it is still the item of the entry."""
        self._set(entry, released_text(entry.text), version_of(entry.text))

    def _set(self, entry: Due, text: str, version: int) -> None:
        conditionally(
            self._table.update_item,
            Key=self._items.key(entry.identity),
            UpdateExpression="SET #due = :next",
            # A release without deadlines may change the item at the same time, and keeps the sort key.
            ConditionExpression="#due = :due AND version = :version",
            ExpressionAttributeNames={"#due": DUE},
            ExpressionAttributeValues={":due": entry.text, ":next": text, ":version": version},
        )
