"""The keys of the items that change during a restore, from the table's stream."""

import secrets
from collections.abc import Callable, Set
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from bounded_context.adapters.items import KEY

from ...command.aws_errors import AWS_ERRORS, Refused
from ...command.clock import Clock
from ..shards import shards

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_dynamodbstreams.literals import ShardIteratorTypeType

_MARK: Final = "RESTORE-MARK#"
"""The prefix of the keys of marks. No aggregate has a dash in its prefix, and no reader of the stream gets marks."""

_PAUSE: Final = 0.25
"""Seconds between two calls for a shard. The functions of the stack read the same shards, which allow 5 calls a second
(AWS limit)."""

_ROUNDS: Final = 240
"""The rounds in which each shard must return a mark: a minute."""

_LIFE: Final = timedelta(days=1)
"""The life of a mark after the end of its process by kill -9, which deletes no mark."""


class Changes:
    """The keys of all items that were written after `begin`.

    A page of a stream may be empty although its shard has more records, and no answer tells how far behind a page is
    (DynamoDB API reference, GetRecords). So the class writes marks into the table. A shard has its changes in their
    order: with a mark, it has returned all earlier changes. The keys of marks are random, so each shard gets one.
    `beat` is called in each round.
    """

    def __init__(
        self,
        dynamodb: "DynamoDBClient",
        streams: "DynamoDBStreamsClient",
        table: str,
        clock: Clock,
        beat: Callable[[], None],
    ) -> None:
        self._dynamodb, self._streams, self._table = dynamodb, streams, table
        self._clock, self._beat = clock, beat
        self._iterators: dict[str, str] = {}
        self._known, self._keys = set[str](), set[str]()

    def begin(self) -> None:
        """Read from the present on. Raises Refused if the stream does not return its latest changes."""
        self._open("LATEST")
        self.keys()

    def read(self) -> None:
        """Read a page of each shard: an iterator expires after 15 minutes (DynamoDB API reference, GetRecords)."""
        for shard in tuple(self._iterators):
            self._read(shard)

    def keys(self) -> Set[str]:
        """Return the keys of all items that were written before this call. Raises Refused as `begin`."""
        mark, written = f"{_MARK}{secrets.token_hex(8)}#", list[str]()
        self._open("TRIM_HORIZON")
        unread = set(self._iterators)
        try:
            for _ in range(_ROUNDS):
                if not unread:
                    return self._keys
                written += [self._write(f"{mark}{len(written) + number}") for number in range(len(unread))]
                self._clock.sleep(_PAUSE)
                self._beat()
                unread = {shard for shard in unread if not self._read(shard, mark)} | self._open("TRIM_HORIZON")
            raise Refused("The table's stream does not return its latest changes: run the command again.")
        finally:
            with suppress(*AWS_ERRORS):
                for key in written:
                    self._dynamodb.delete_item(TableName=self._table, Key={KEY: {"S": key}})

    def _open(self, position: "ShardIteratorTypeType") -> set[str]:
        """Open each new shard that is not closed, or that was closed after `begin`; return their ids."""
        opened = set[str]()
        for shard, is_closed in shards(self._streams, self._arn):
            if shard not in self._known and not (is_closed and position == "LATEST"):
                place: Any = {"StreamArn": self._arn, "ShardId": shard, "ShardIteratorType": position}
                self._iterators[shard] = self._streams.get_shard_iterator(**place).get("ShardIterator", "")
                opened.add(shard)
            self._known.add(shard)
        return opened

    def _read(self, shard: str, mark: str = "-") -> bool:
        """Read a page; return whether it has the mark, or whether the shard is closed and read to its end."""
        page = self._streams.get_records(ShardIterator=self._iterators.pop(shard))
        records: Any = page["Records"]
        keys = {record["dynamodb"]["Keys"][KEY]["S"] for record in records}
        self._keys |= keys
        if following := page.get("NextShardIterator"):
            self._iterators[shard] = following
        return not following or any(key.startswith(mark) for key in keys)

    def _write(self, key: str) -> str:
        """Write a mark."""
        expires = int((self._clock.now() + _LIFE).timestamp())
        self._dynamodb.put_item(TableName=self._table, Item={KEY: {"S": key}, "expires_at": {"N": str(expires)}})
        return key

    @cached_property
    def _arn(self) -> str:
        return self._dynamodb.describe_table(TableName=self._table)["Table"].get("LatestStreamArn", "")
