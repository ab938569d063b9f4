"""The last change of each aggregate in the table's stream, which stores changes for 24 hours."""

import pickle
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from bounded_context.adapters.items import KEY

from ...command.aws_errors import Refused
from ...command.clock import Clock
from ..shards import shards

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

_EMPTY_PAGES: Final = 40
"""The number of consecutive empty pages that ends the reading of an open shard, whose iterator never ends. DynamoDB
names no number: "it might take multiple calls to get to a portion of the shard that contains stream records" (DynamoDB
API reference, "GetRecords")."""

_PAUSE: Final = 0.25
"""Seconds between two calls. The functions of the stack read the same shards, which allow 5 calls a second (AWS
limit)."""

_DIGITS: Final = 40
"""The most digits of a stream's sequence number (DynamoDB API reference, "StreamRecord")."""

_PUT: Final = """INSERT INTO change VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
number = excluded.number, removed = excluded.removed, record = excluded.record WHERE excluded.number > number"""

_ROWS: Final = "SELECT key, record FROM change WHERE removed >= ? ORDER BY key"

Record = Mapping[str, Any]


class LastChanges:
    """The last change of each item, in a temporary file: the records of a million items take gigabytes.

    SQLite deletes the file (SQLite, "In-Memory Databases", section "Temporary Databases"). `unproven` is the number of
    open shards without a later change than the beginning, which alone proves that no earlier change is missing.
    """

    def __init__(self) -> None:
        self.unproven = 0
        self._rows = sqlite3.connect("")
        self._rows.execute("CREATE TABLE change (key TEXT PRIMARY KEY, number TEXT, removed INT, record BLOB)")

    def add(self, key: str, record: Record) -> None:
        """Store a record, unless a later record of the item is stored."""
        number = record["dynamodb"]["SequenceNumber"].zfill(_DIGITS)
        row = (key, number, record["eventName"] == "REMOVE", pickle.dumps(record))
        self._rows.execute(_PUT, row)

    def get(self, key: str) -> Record | None:
        """Return the last record of an item, or None."""
        found = self._rows.execute("SELECT record FROM change WHERE key = ?", (key,)).fetchone()
        return pickle.loads(found[0]) if found else None  # noqa: S301 (written by this process)

    def items(self, *, removed: bool = False) -> Iterator[tuple[str, Record]]:
        """Yield all keys in order, each with its last record. If `removed`, only the keys of removed items."""
        for key, record in self._rows.execute(_ROWS, (removed,)):
            yield key, pickle.loads(record)  # noqa: S301 (written by this process)


def last_changes(streams: "DynamoDBStreamsClient", arn: str, prefix: str, clock: Clock) -> LastChanges:
    """Return the last change of each item whose key has a prefix. Raises Refused if the disk is full."""
    found = LastChanges()
    for record in _records(streams, arn, clock, found):
        if (key := record["dynamodb"]["Keys"][KEY]["S"]).startswith(prefix):
            try:
                found.add(key, record)
            except sqlite3.OperationalError as error:
                raise Refused(f"The changes of the stream need space for temporary files ({error}).") from error
    return found


def time_of(record: Record) -> datetime:
    """Return the time of a change, to the second."""
    return record["dynamodb"]["ApproximateCreationDateTime"]


def _records(streams: "DynamoDBStreamsClient", arn: str, clock: Clock, found: LastChanges) -> Iterator[Record]:
    began = clock.now()
    for shard, closed in shards(streams, arn):
        place: Any = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        iterator, empty, proven = streams.get_shard_iterator(**place).get("ShardIterator"), 0, False
        while iterator and (closed or (not proven and empty < _EMPTY_PAGES)):
            page = streams.get_records(ShardIterator=iterator)
            yield from page["Records"]
            empty = 0 if page["Records"] else empty + 1
            iterator = page.get("NextShardIterator")
            proven = not iterator or any(time_of(record) > began for record in page["Records"])
            clock.sleep(_PAUSE)
        found.unproven += not (closed or proven)
