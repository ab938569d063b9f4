"""The parts of a stack that a reseed uses, its progress in a file, and the current state of the aggregates as events.

The state comes from the table's stream and from the table.
"""

import json
import pickle
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from bounded_context.adapters.items import KEY, Changes
from bounded_context.declaration.context import Context
from bounded_context.domain.events import label_of, sequence
from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_cli.command.operation import Clients, Clock
from bounded_context_cli.command.pulumi import parsed, read_outputs, refuse_others

from ..notation import plain
from ..redrive.stream import RETENTION, shards

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_sns import SNSClient


@dataclass(frozen=True)
class ReseedTarget:
    """The table and the topic of a stack, and the endpoint of a subscriber's subscription by its ARN.

    `queue` is the queue's URL, or the name of an archive's stream.
    """

    stack: str
    subscriber: str
    table: str
    topic_arn: str
    queue: str
    endpoint_arn: str
    is_archive: bool = False

    @property
    def region(self) -> str:
        """The region of the stack."""
        return self.topic_arn.split(":")[3]

    @classmethod
    def of(cls, stack: str, subscriber: str, outputs: Mapping[str, Any]) -> Self:
        """Parse the outputs of the service program. Raises Refusal."""
        refuse_others(outputs["release"]["application"], stack)
        queues, archives = outputs["queues"], outputs.get("archives", {})
        if subscriber not in (*queues, *archives):
            names = ", ".join((*queues, *archives)) or "none"
            raise Refusal(f"{stack} has no subscriber {subscriber!r}: name one of {names}.")
        names = (stack, subscriber, outputs["table_name"], outputs["topic_arn"])
        if subscriber in archives:
            archive = archives[subscriber]
            return cls(*names, archive["stream"], archive["stream_arn"], is_archive=True)
        return cls(*names, queues[subscriber], outputs["queue_arns"][subscriber])


def read(stack: str, subscriber: str, program: Path, file: Path | None) -> ReseedTarget:
    """Return the target, from the outputs in `file` or from the Pulumi CLI in the program's folder. Raises Refusal."""
    return parsed(lambda outputs: ReseedTarget.of(stack, subscriber, outputs), read_outputs(stack, program, file))


@dataclass(frozen=True)
class Subscription:
    """The types that a subscription selects; None selects all. `withheld` are types that it never selects."""

    types: frozenset[str] | None = None
    withheld: frozenset[str] = frozenset()

    @classmethod
    def of(cls, topics: "SNSClient", topic_arn: str, endpoint_arn: str) -> Self:
        """Read a subscription. Raises Refusal without one, since later changes would not arrive."""
        pages = topics.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
        entries = (entry for page in pages for entry in page["Subscriptions"] if entry.get("Endpoint") == endpoint_arn)
        # The ARN of an unconfirmed subscription is another text.
        arns = [arn for entry in entries if (arn := entry.get("SubscriptionArn", "")).startswith("arn:")]
        if not arns:
            raise Refusal(f"{endpoint_arn.rpartition(':')[2]} has no subscription to the topic: deploy the stack.")
        attributes = topics.get_subscription_attributes(SubscriptionArn=arns[0])["Attributes"]
        return cls.parse(json.loads(attributes.get("FilterPolicy") or "{}"))

    @classmethod
    def parse(cls, policy: Mapping[str, Any]) -> Self:
        """Parse a filter policy of the stack's program. Raises Refusal for other forms."""
        match policy:
            case {"type": [{"anything-but": [*names]}], **more} if not more:
                return cls(withheld=frozenset(names))
            case {"type": [*names], **more} if not more and all(isinstance(name, str) for name in names):
                return cls(frozenset(names))
            case {**more} if not more:
                return cls()
            case _:
                raise Refusal(f"The subscription has the filter {json.dumps(policy)}, which this command cannot apply.")

    def selects(self, event: Mapping[str, Any]) -> bool:
        """Return whether the subscriber gets this event."""
        name = label_of(event)
        return name not in self.withheld and (self.types is None or name in self.types)


@dataclass
class Progress:
    """The place of the last sent event, the number of sent events, and the places that could not be read.

    `queue` and `since` identify the reseed.
    """

    queue: str
    since: str
    after: str = ""
    sent: int = 0
    unreadable: list[str] = field(default_factory=list)
    saved: str = ""

    @classmethod
    def read(cls, file: Path, queue: str, since: str, now: datetime) -> Self:
        """Return the progress of an interrupted reseed with these options; empty if none was saved in 24 hours."""
        try:
            progress = cls(**json.loads(file.read_text(encoding="utf-8")))
            current = now - datetime.fromisoformat(progress.saved) < RETENTION
        except (OSError, TypeError, ValueError):
            return cls(queue, since)
        return progress if current and (progress.queue, progress.since) == (queue, since) else cls(queue, since)

    def save(self, file: Path, now: datetime) -> None:
        """Replace the file in a single step, so a killed process leaves a complete file."""
        self.saved = now.isoformat()
        file.parent.mkdir(parents=True, exist_ok=True)
        new_file = file.with_suffix(".new")
        new_file.write_text(json.dumps(asdict(self)), encoding="utf-8")
        new_file.replace(file)


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
        row = self._rows.execute("SELECT record FROM change WHERE key = ?", (key,)).fetchone()
        return pickle.loads(row[0]) if row else None  # noqa: S301 (written by this process)

    def items(self, *, removed: bool = False) -> Iterator[tuple[str, Record]]:
        """Yield all keys in order, each with its last record. If `removed`, only the keys of removed items."""
        for key, record in self._rows.execute(_ROWS, (removed,)):
            yield key, pickle.loads(record)  # noqa: S301 (written by this process)


def last_changes(streams: "DynamoDBStreamsClient", arn: str, prefix: str, clock: Clock) -> LastChanges:
    """Return the last change of each item whose key has a prefix. Raises Refusal if the disk is full."""
    changes = LastChanges()
    for record in _records(streams, arn, clock, changes):
        if (key := record["dynamodb"]["Keys"][KEY]["S"]).startswith(prefix):
            try:
                changes.add(key, record)
            except sqlite3.OperationalError as error:
                raise Refusal(f"The changes of the stream need space for temporary files ({error}).") from error
    return changes


def time_of(record: Record) -> datetime:
    """Return the time of a change, to the second."""
    return record["dynamodb"]["ApproximateCreationDateTime"]


def _records(streams: "DynamoDBStreamsClient", arn: str, clock: Clock, changes: LastChanges) -> Iterator[Record]:
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
        changes.unproven += not (closed or proven)


PAGE: Final = 250
"""The maximum number of items that a call reads from the table."""

_DELETED: Final = "-"
"""The first character of a deletion's place. Keys of aggregates begin with the context's name."""

Item = Mapping[str, Any]


@dataclass(frozen=True)
class AggregateEvent:
    """The event of an aggregate, or None if this version cannot read the aggregate.

    `place` is the position in the order of a state's events. `original` is true for an event that was published.
    """

    place: str
    event: dict[str, Any] | None
    original: bool


class StoredStates(Changes):
    """Builds the events of the stored states of aggregates."""

    def of_item(self, item: Mapping[str, Any], time: datetime) -> dict[str, Any]:
        """Return an event that reports the stored state of an aggregate, which the stream no longer contains.

        Its id is the same each time. Its sequence is the aggregate's version. It is smaller than each number of a
        stream, which has 21 digits or more (DynamoDB Streams API reference, GetShardIterator).
        """
        aggregate = self._items.to_aggregate(item)
        number = sequence(str(aggregate.version))
        return self._event(item, time, number, event_id=f"{aggregate.id}.{aggregate.tag}")


@dataclass
class CurrentState:
    """The aggregates of a stack, or the aggregates that changed `since` a time.

    Raises Refusal if the stream does not contain all changes since that time. `unproven` is the number of the stream's
    shards whose end was not reached for certain, so a change `since` the time may be missing.
    """

    context: Context[Any]
    table: str
    clients: Clients
    clock: Clock
    since: datetime | None = None
    unproven: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        now = self.clock.now()
        if self.since and not now - RETENTION <= self.since <= now:
            raise Refusal(
                f"--since {self.since.isoformat()} is not in the last 24 hours, whose changes the stream contains:"
                " without --since, the command sends the state of all aggregates."
            )
        self._changes = StoredStates(self.context)

    def events(self, after: str) -> Iterator[AggregateEvent]:
        """Yield the events of all aggregates from the place after `after`: existing aggregates, then deletions.

        The stream is read first. The relay publishes each later change. The table decides which state is current, since
        a page of the stream may be empty although the shard has more records.
        """
        arn, prefix = self._description["LatestStreamArn"], self.context.key_prefix
        recent = last_changes(self.clients("dynamodbstreams"), arn, prefix, self.clock)
        self.unproven = recent.unproven if self.since else 0
        if not after.startswith(_DELETED):
            for key, item, record in self._changed_items(recent, after) if self.since else self._items(recent, after):
                yield from self._aggregate_event(key, item, record)
        for key, record in recent.items(removed=True):
            is_next = (place := _DELETED + key) > after or not after.startswith(_DELETED)
            if is_next and self._is_since(record):
                yield from self._aggregate_event(place, self._item(key), record)

    @property
    def items(self) -> int:
        """About the number of the table's items, including lists (AWS counts them every six hours)."""
        return self._description.get("ItemCount", 0)

    @cached_property
    def _tables(self) -> "DynamoDBClient":
        return self.clients("dynamodb")

    @cached_property
    def _description(self) -> Any:
        return self._tables.describe_table(TableName=self.table)["Table"]

    def _is_since(self, record: Record) -> bool:
        return not self.since or time_of(record) >= self.since.replace(microsecond=0)

    def _changed_items(self, recent: LastChanges, after: str) -> Iterator[tuple[str, Item, Record | None]]:
        for key, record in recent.items():
            if key > after and self._is_since(record) and (item := self._item(key)):
                yield key, item, record

    def _items(self, recent: LastChanges, after: str) -> Iterator[tuple[str, Item, Record | None]]:
        start: dict[str, Any] = {"ExclusiveStartKey": {KEY: {"S": after}}} if after else {}
        while True:
            page = self._tables.scan(TableName=self.table, Limit=PAGE, ConsistentRead=True, **start)
            keys = ((item[KEY].get("S", ""), item) for item in page["Items"])
            own = ((key, item) for key, item in keys if key.startswith(self.context.key_prefix))
            yield from ((key, item, recent.get(key)) for key, item in own)
            if not (last := page.get("LastEvaluatedKey")):
                return
            start = {"ExclusiveStartKey": last}

    def _item(self, key: str) -> Item:
        return self._tables.get_item(TableName=self.table, Key={KEY: {"S": key}}, ConsistentRead=True).get("Item", {})

    def _aggregate_event(self, place: str, item: Item, record: Record | None) -> Iterator[AggregateEvent]:
        """Yield the published event if it reports the current state, else an event of the item."""
        original = record is not None and record["dynamodb"].get("NewImage", {}) == item
        if not original and (place.startswith(_DELETED) or not item):
            return
        try:
            event = self._published(record) if record and original else self._event_of(item)
        except (KeyError, ValueError):
            event = None
        yield AggregateEvent(place, event, original)

    def _published(self, record: Record) -> dict[str, Any]:
        change = {**record["dynamodb"], "ApproximateCreationDateTime": time_of(record).timestamp()}
        # GetRecords returns no ARN of the stream.
        whole = {**record, "dynamodb": change, "eventSourceARN": self._description["LatestStreamArn"]}
        return self._changes.of_record(DynamoDBRecord(whole))

    def _event_of(self, item: Item) -> dict[str, Any]:
        return self._changes.of_item(plain(item), self.clock.now())
