"""The last change of each aggregate in the table's stream, which stores changes for 24 hours."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from ....adapters.items import KEY
from ...command.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

_EMPTY_PAGES: Final = 5
"""The number of consecutive empty pages that ends the reading of an open shard, whose iterator never ends. A record of
a later change than the start ends it too."""

_PAUSE: Final = 0.25
"""Seconds between two calls. The functions of the stack read the same shards, which allow 5 calls a second (AWS
limit)."""

Record = Mapping[str, Any]


def last_changes(streams: "DynamoDBStreamsClient", arn: str, prefix: str, clock: Clock) -> dict[str, Record]:
    """Return the last record of each changed item, by the item's key, for keys with this prefix."""
    found: dict[str, Record] = {}
    for shard in _shards(streams, arn):
        for record in _records(streams, arn, shard, clock):
            key = record["dynamodb"]["Keys"][KEY]["S"]
            if key.startswith(prefix) and (key not in found or _number(found[key]) < _number(record)):
                found[key] = record
    return found


def time_of(record: Record) -> datetime:
    """Return the time of a change, to the second."""
    return record["dynamodb"]["ApproximateCreationDateTime"]


def _shards(streams: "DynamoDBStreamsClient", arn: str) -> Iterator[str]:
    start: dict[str, Any] = {}
    while True:
        page = streams.describe_stream(StreamArn=arn, **start)["StreamDescription"]
        yield from (shard.get("ShardId", "") for shard in page.get("Shards", ()))
        if not (last := page.get("LastEvaluatedShardId")):
            return
        start = {"ExclusiveStartShardId": last}


def _records(streams: "DynamoDBStreamsClient", arn: str, shard: str, clock: Clock) -> Iterator[Record]:
    place: Any = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator, empty, began = streams.get_shard_iterator(**place).get("ShardIterator"), 0, clock.now()
    while iterator and empty < _EMPTY_PAGES:
        page = streams.get_records(ShardIterator=iterator)
        yield from page["Records"]
        if page["Records"] and time_of(page["Records"][-1]) > began:
            return
        empty = 0 if page["Records"] else empty + 1
        iterator = page.get("NextShardIterator")
        clock.sleep(_PAUSE)


def _number(record: Record) -> int:
    return int(record["dynamodb"]["SequenceNumber"])
