"""Aggregates in the table by what they have in common, through its two indexes.

An index is eventually consistent (DynamoDB has no other): what was just written shows a moment later.
"""

from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.conditions import Key

from ..application.ports import Slice
from ..domain.model import Status
from . import items
from .items import KEY, LIST_SHARD, PAYMENT, STATUS_SHARD, shard

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

INDEXES: Final = {LIST_SHARD: "by_list", STATUS_SHARD: "by_status"}
"""The index of each partition key; the sort key of both is the table's own key."""


class PaymentShards:
    """The aggregates of a list, or in a status, shard by shard."""

    count = items.SHARDS

    def __init__(self, table: "Table") -> None:
        self._table = table

    def of_list(self, list_id: str, number: int, after: str, most: int) -> Slice:
        """Return up to so many of a list's aggregates in one shard, from the identity after ``after``."""
        return self._read(LIST_SHARD, shard(list_id, number), after, most)

    def in_status(self, status: Status, number: int, after: str, most: int) -> Slice:
        """Return up to so many of the aggregates that stand there in one shard, from the identity after ``after``."""
        return self._read(STATUS_SHARD, shard(status.value, number), after, most)

    def _read(self, attribute: str, value: str, after: str, most: int) -> Slice:
        start: Any = {"ExclusiveStartKey": {attribute: value, KEY: PAYMENT + after}} if after else {}
        condition = Key(attribute).eq(value)
        found = self._table.query(IndexName=INDEXES[attribute], KeyConditionExpression=condition, Limit=most, **start)
        last: Any = found.get("LastEvaluatedKey")
        read = [items.to_payment(item) for item in found["Items"]]
        return Slice(read, str(last[KEY]).removeprefix(PAYMENT) if last else None)
