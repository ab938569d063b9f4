"""The stream of a table, which stores changes for 24 hours with their times to the second."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from .emulator.aws import Aws


def changes(aws: Aws, table: str) -> Iterator[dict[str, Any]]:
    """Yield the records of a table's stream, oldest first."""
    stream = aws.call("dynamodb", "describe_table", TableName=table)["Table"]["LatestStreamArn"]
    described = aws.call("dynamodbstreams", "describe_stream", StreamArn=stream)["StreamDescription"]
    for shard in described["Shards"]:
        place = {"StreamArn": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = aws.call("dynamodbstreams", "get_shard_iterator", **place)["ShardIterator"]
        while (page := aws.call("dynamodbstreams", "get_records", ShardIterator=iterator))["Records"]:
            yield from page["Records"]
            iterator = page["NextShardIterator"]


def quiet_second() -> datetime:
    """Return a second of which all changes are over, and wait until the next changes have a later second."""
    at = datetime.now(UTC).replace(microsecond=0)
    time.sleep(1.1)
    return at
