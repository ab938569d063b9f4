"""The shards of a table's stream."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient


def shards(streams: "DynamoDBStreamsClient", arn: str) -> Iterator[tuple[str, bool]]:
    """Yield the id of each shard, and whether the shard is closed: it then has a last sequence number."""
    start: dict[str, Any] = {}
    while True:
        page = streams.describe_stream(StreamArn=arn, **start)["StreamDescription"]
        for shard in page.get("Shards", ()):
            yield shard.get("ShardId", ""), "EndingSequenceNumber" in shard.get("SequenceNumberRange", {})
        if not (last := page.get("LastEvaluatedShardId")):
            return
        start = {"ExclusiveStartShardId": last}
