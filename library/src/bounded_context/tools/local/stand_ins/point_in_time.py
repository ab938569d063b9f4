"""A stand-in for DynamoDB's restore to a point in time. The emulator's own restore copies the present items.

The stand-in undoes the later changes of the stream, which stores them for 24 hours with their times to the second.
"""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ..emulator.aws import Aws


class PointInTime:
    """The emulator's DynamoDB client, with the restore of a table at the end of a second."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._client = aws.client("dynamodb")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def describe_continuous_backups(self, TableName: str) -> dict[str, Any]:  # noqa: N803  boto3's names
        """Return a window from the table's creation to the present."""
        created = self._client.describe_table(TableName=TableName)["Table"]["CreationDateTime"]
        window = {"EarliestRestorableDateTime": created, "LatestRestorableDateTime": datetime.now(UTC)}
        recovery = {"PointInTimeRecoveryStatus": "ENABLED", **window}
        return {"ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": recovery}}

    def restore_table_to_point_in_time(
        self,
        SourceTableName: str,  # noqa: N803
        TargetTableName: str,  # noqa: N803
        RestoreDateTime: datetime,  # noqa: N803
        **more: Any,
    ) -> dict[str, Any]:
        """Copy the table, and give each item that changed after the time the image before its first later change."""
        names = {"SourceTableName": SourceTableName, "TargetTableName": TargetTableName}
        answer = self._client.restore_table_to_point_in_time(**names, RestoreDateTime=RestoreDateTime, **more)
        for keys, image in self._before(SourceTableName, RestoreDateTime):
            if image is None:
                self._client.delete_item(TableName=TargetTableName, Key=keys)
            else:
                self._client.put_item(TableName=TargetTableName, Item=image)
        return answer

    def _before(self, table: str, at: datetime) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any] | None]]:
        """Yield the keys of each item that changed after the time, and its image at the time."""
        known: set[str] = set()
        for record in changes(self._aws, table):
            change = record["dynamodb"]
            key = str(change["Keys"])
            if change["ApproximateCreationDateTime"] > at and key not in known:
                known.add(key)
                yield change["Keys"], change.get("OldImage")


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
