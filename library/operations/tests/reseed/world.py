"""A stack in memory: its table, the table's stream, its topic, and a subscriber's queue. Others write meanwhile."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from boto3.dynamodb.types import TypeSerializer

from bounded_context.adapters.items import ETAG, KEY, TRACEPARENT, Items
from bounded_context.handlers.relay_events import to_event
from bounded_context.testing import Samples
from bounded_context_infra.configuration.project import current
from tests.repairs import KEY as RECORD
from tests.rollout.clients import Client, FakeClock
from tests.simulation.services.plain_gate import PlainGate
from tests.simulation.services.sqs import Queue, SimSqs

CONTEXT = current().context
ITEMS: Items[Any] = Items(CONTEXT)
REGION = "eu-central-1"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:{CONTEXT.name}-test-events"
QUEUE = f"arn:aws:sqs:{REGION}:123456789012:{CONTEXT.name}-test-events-bi"
URL = "https://sqs/1/events-bi"
ARCHIVE = f"{CONTEXT.name}-test-archive-archive"
STREAM = f"arn:aws:dynamodb:{REGION}:123456789012:table/table/stream/1"
OUTPUTS: dict[str, Any] = {
    "release": {"application": f"{CONTEXT.name}-test"},
    "queues": {"bi": URL, "other": "https://sqs/1/other"},
    "queue_arns": {"bi": QUEUE, "other": f"{QUEUE}-other"},
    "archives": {"archive": {"stream": ARCHIVE, "stream_arn": f"arn:aws:firehose:{REGION}:1:deliverystream/{ARCHIVE}"}},
    "table_name": "table",
    "topic_arn": TOPIC,
}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
FIRST_NUMBER = 10**20
"""The smallest number of a stream: 21 digits."""

Event = dict[str, Any]


class Killed(BaseException):
    """kill -9: no line of the command runs afterwards."""


@dataclass
class World:
    """The services. `tick` runs before each call of the command: others write, and the command may be killed."""

    random: Random = field(default_factory=Random)
    clock: FakeClock = field(default_factory=FakeClock)
    tick: Callable[[], None] = lambda: None
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)
    trimmed: int = 0
    closed: int = 0
    """The number of records in the closed shard."""
    page: int = 1000
    empty_pages: Callable[[], int] = lambda: 0
    policy: Mapping[str, Any] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    archived: list[Event] = field(default_factory=list)
    refused: Callable[[], bool] = lambda: False
    """Whether Firehose refuses the next record."""
    scans: int = 0

    def __post_init__(self) -> None:
        clients = (Tables(self), Streams(self), Queues(self), Topics(self), Archives(self))
        self.services: dict[str, Any] = {client.service: client for client in clients}

    @property
    def events(self) -> list[Event]:
        """The events in the subscriber's queue that the command has sent."""
        return [json.loads(message["MessageBody"]) for message in self.sent]

    def create(self, number: int) -> None:
        """Create an aggregate."""
        details = CONTEXT.details.model_validate(Samples(CONTEXT).values(number))
        status = next(iter(CONTEXT.aggregate.statuses))
        self._write(CONTEXT.aggregate(details, status), f"incarnation{len(self.records)}")

    def change(self, number: int) -> None:
        """Change an aggregate to its next version."""
        item = self.items[self.key(number)]
        stored = ITEMS.to_aggregate({name: _plain(value) for name, value in item.items()})
        status = list(CONTEXT.aggregate.statuses)[-1]
        self._write(replace(stored.moved_to(status)), f"{stored.incarnation}.{len(self.records)}")

    def delete(self, number: int) -> None:
        """Delete an aggregate."""
        self._record(self.items.pop(self.key(number)), None)

    def write_somewhere(self, most: int) -> None:
        """Create, change or delete one of the first aggregates."""
        number = self.random.randrange(most)
        if self.key(number) not in self.items:
            self.create(number)
        elif self.random.random() < 0.5:
            self.change(number)
        else:
            self.delete(number)

    def key(self, number: int) -> str:
        """Return the key of an aggregate."""
        return ITEMS.prefix + self.identity(number)

    def identity(self, number: int) -> str:
        """Return the identity of an aggregate."""
        return Samples(CONTEXT).values(number)[CONTEXT.identity]

    def published(self, start: int = 0) -> list[Event]:
        """Return the events that the relay publishes from a place in the stream on."""
        return [_event(record) for record in self.records[start:]]

    def _write(self, aggregate: Any, etag: str) -> None:
        item: Any = {name: TypeSerializer().serialize(value) for name, value in ITEMS.from_aggregate(aggregate).items()}
        before, key = self.items.get(item[KEY]["S"]), item[KEY]["S"]
        self.items[key] = item | {ETAG: {"S": etag}, TRACEPARENT: {"S": TRACE}}
        self._record(before, self.items[key])

    def _record(self, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        item: Any = after or before
        images = {"OldImage": before, "NewImage": after}
        change = {
            "Keys": {KEY: item[KEY]},
            "SequenceNumber": str(FIRST_NUMBER + len(self.records)),
            "ApproximateCreationDateTime": self.clock.now().replace(microsecond=0),
            **{name: image for name, image in images.items() if image is not None},
        }
        kind = "REMOVE" if after is None else "MODIFY" if before else "INSERT"
        self.records.append({"eventID": f"event-{len(self.records)}", "eventName": kind, "dynamodb": change})


def _event(record: dict[str, Any]) -> Event:
    change = record["dynamodb"]
    time = change["ApproximateCreationDateTime"].timestamp()
    return to_event(DynamoDBRecord({**record, "dynamodb": change | {"ApproximateCreationDateTime": time}}))


def _plain(value: Mapping[str, Any]) -> Any:
    [(kind, inner)] = value.items()
    return int(inner) if kind == "N" else inner


class _Service(Client):
    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def _call(self, name: str, operation: Any, parameters: dict[str, Any]) -> Any:
        if parameters.get("Key") != RECORD:  # The command reads the record of a repair before it begins.
            self.world.tick()
        return super()._call(name, operation, parameters)


class Tables(_Service):
    """DynamoDB: one table, scanned in the order of the keys' hashes, which differs from the keys' order."""

    service = "dynamodb"

    def _describe_table(self, **_: Any) -> Any:
        return {"Table": {"LatestStreamArn": STREAM, "ItemCount": len(self.world.items)}}

    def _get_item(self, Key: Any, ConsistentRead: bool, **_: Any) -> Any:  # noqa: N803
        assert ConsistentRead
        item = self.world.items.get(Key[KEY]["S"])
        return {"Item": item} if item else {}

    def _scan(self, Limit: int, ConsistentRead: bool, ExclusiveStartKey: Any = None, **_: Any) -> Any:  # noqa: N803
        assert ConsistentRead
        self.world.scans += 1
        start = _hash(ExclusiveStartKey[KEY]["S"]) if ExclusiveStartKey else ""
        keys = sorted((key for key in self.world.items if _hash(key) > start), key=_hash)
        page = keys[: min(Limit, self.world.page)]
        last = {"LastEvaluatedKey": {KEY: {"S": page[-1]}}} if len(page) < len(keys) else {}
        return {"Items": [self.world.items[key] for key in page], **last}


class Streams(_Service):
    """DynamoDB Streams: a closed shard with the first records, and an open shard. Pages may be empty before records."""

    service = "dynamodbstreams"

    def _describe_stream(self, **_: Any) -> Any:
        ranges = [{"StartingSequenceNumber": "1", "EndingSequenceNumber": "2"}, {"StartingSequenceNumber": "3"}]
        shards = [
            {"ShardId": f"shardId-{number:020}", "SequenceNumberRange": sequence_range}
            for number, sequence_range in enumerate(ranges)
        ]
        return {"StreamDescription": {"Shards": shards}}

    def _get_shard_iterator(self, ShardId: str, ShardIteratorType: str, **_: Any) -> Any:  # noqa: N803
        assert ShardIteratorType == "TRIM_HORIZON"
        closed = int(ShardId.removeprefix("shardId-")) == 0
        first = 0 if closed else self.world.closed
        return {"ShardIterator": f"{max(first, self.world.trimmed)} 0 {closed:d}"}

    def _get_records(self, ShardIterator: str) -> Any:  # noqa: N803
        place, empty, closed = map(int, ShardIterator.split())
        if empty:
            return {"Records": [], "NextShardIterator": f"{place} {empty - 1} {closed}"}
        end = self.world.closed if closed else len(self.world.records)
        page = self.world.records[place : min(place + self.world.page, end)]
        place += len(page)
        if closed and place >= end:
            return {"Records": page}
        return {"Records": page, "NextShardIterator": f"{place} {self.world.empty_pages()} {closed}"}


class Queues(_Service):
    """SQS: the simulation's model of one queue."""

    service = "sqs"
    _model = SimSqs([Queue(URL, gate := PlainGate())], gate)

    def _send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803
        answer = self._model.send_message_batch(QueueUrl=QueueUrl, Entries=Entries)
        self.world.sent.extend(entry | {"time": self.world.clock.now()} for entry in Entries)
        return answer


class Topics(_Service):
    """SNS: the subscription of one queue."""

    service = "sns"

    def get_paginator(self, name: str) -> Any:
        assert name == "list_subscriptions_by_topic"
        self.world.tick()
        return self

    def paginate(self, TopicArn: str) -> Iterator[Any]:  # noqa: N803
        assert TopicArn == TOPIC
        endpoints = (QUEUE, OUTPUTS["archives"]["archive"]["stream_arn"])
        yield {"Subscriptions": [{"Endpoint": endpoint, "SubscriptionArn": f"{TOPIC}:1"} for endpoint in endpoints]}

    def _get_subscription_attributes(self, **_: Any) -> Any:
        return {"Attributes": {"FilterPolicy": json.dumps(self.world.policy)} if self.world.policy else {}}


class Archives(_Service):
    """Firehose: the stream of an archive, which may refuse records."""

    service = "firehose"

    def _put_record_batch(self, DeliveryStreamName: str, Records: list[Any]) -> Any:  # noqa: N803
        assert DeliveryStreamName == ARCHIVE
        answers: list[Any] = []
        for record in Records:
            if self.world.refused():
                answers.append({"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."})
            else:
                self.world.archived.append(json.loads(record["Data"]))
                answers.append({"RecordId": str(len(self.world.archived))})
        failed = sum("ErrorCode" in answer for answer in answers)
        return {"FailedPutCount": failed, "RequestResponses": answers}


def _hash(key: str) -> str:
    return key[::-1]


def projection(events: list[Event]) -> dict[str, Event]:
    """Return the state of a subscriber, as the example consumer keeps it: the event of the greatest sequence."""
    kept: dict[str, Event] = {}
    for event in events:
        subject = event["subject"]
        if subject not in kept or kept[subject]["sequence"] < event["sequence"]:
            kept[subject] = event
    return kept


def existing(events: dict[str, Event]) -> dict[str, Any]:
    """Return the data of the aggregates that exist for a subscriber."""
    return {name: event["data"] for name, event in events.items() if event["type"] != CONTEXT.deletion_event}


def state(world: World) -> dict[str, Any]:
    """Return the data of the aggregates in the table, as events report it."""
    last: dict[str, Event] = {event["subject"]: event for event in world.published()}
    return existing(last)
