"""Redrive of table changes that a reader of the table's stream could not process.

A message usually names an object with the records (`failed_batches`). Other messages, such as the messages of older
stacks, name the records' position. The records are then read from the stream, which stores them for 24 hours.

Lambda processes up to ten batches of a shard in parallel, each with different items. The range of a failed batch
therefore includes records of successful batches, which are delivered again. Readers must accept duplicates from a
stream anyway; the relay publishes a duplicate with the same event id. A message with records contains only its batch.

The message is S3's event. The object is Lambda's record of the batch: its position in the stream, and in `payload` the
function's event (Lambda Developer Guide, "Retain discarded records for a DynamoDB event source in Lambda"). The guide
shows the payload as text; a JSON object is accepted as well.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Self

from botocore.exceptions import ClientError
from pydantic import BaseModel, BeforeValidator, Field

from bounded_context_cli.command.aws_errors import Refusal, code
from bounded_context_cli.command.operation import Clock

from .messages import ContentLost, DeletedLate, DeliveryFailed, Facts, Message, NotRedrivable, QueueReader, Route

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_dynamodbstreams.type_defs import RecordTypeDef
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


_PAYLOAD = "payload"


def object_of(message: Message) -> tuple[str, str] | None:
    """Return the bucket and the key that a message names, or None."""
    bucket, key = message.text("detail", "bucket", "name"), message.text("detail", "object", "key")
    return (bucket, key) if bucket and key else None


def missing_object(message: Message) -> ContentLost | None:
    """Return the error for a message whose object is missing, or None for messages with content."""
    if (place := object_of(message)) is None:
        return None
    return ContentLost(
        f"its object s3://{'/'.join(place)} is gone: it was delivered before, or deleted by hand; if the function has"
        ' processed it, discard the message with --go --give-up "why".'
    )


def records_in(message: Message) -> list[Mapping[str, Any]] | None:
    """Return a message's records in the function's format, or None if it has only their position.

    Raises NotRedrivable if the payload is not a batch of records.
    """
    if (payload := message.member(_PAYLOAD)) is None:
        return None
    try:
        read = json.loads(payload) if isinstance(payload, str) else payload
        records = list(read["Records"])
        if not records or not all(isinstance(record["dynamodb"]["SequenceNumber"], str) for record in records):
            raise ValueError("a record has no number")
    except (KeyError, RecursionError, TypeError, ValueError) as error:
        raise NotRedrivable(
            "its payload is not what Lambda gives a function: look at the object in the S3 console."
        ) from error
    return records


class FailedBatches(QueueReader):
    """A dead-letter queue that replaces each message's body by the text of the object that it names."""

    def __init__(self, queues: "SQSClient", url: str, clock: Clock, objects: "S3Client") -> None:
        super().__init__(queues, url, clock)
        self._objects = objects
        self._places: dict[str, tuple[str, str]] = {}
        self._delivered: set[tuple[str, str]] = set()

    def messages(self, stopped: Callable[[], bool]) -> Iterator[Message]:
        """Yield every message once; a message whose object is missing is unchanged.

        Delete a second message about an object that this run has delivered: `context erase` stores masked batches anew.
        """
        for message in super().messages(stopped):
            if object_of(message) in self._delivered:
                with suppress(DeletedLate):
                    super().delete(message)
            else:
                yield self._open(message)

    def delete(self, message: Message) -> None:
        """Delete the object, then the message: a message without an object was delivered before."""
        if place := self._places.get(message.id):
            self._objects.delete_object(Bucket=place[0], Key=place[1])
            self._delivered.add(place)
        super().delete(message)

    def _open(self, message: Message) -> Message:
        if (place := object_of(message)) is None:
            return message
        self._places[message.id] = place
        try:
            body = self._objects.get_object(Bucket=place[0], Key=place[1])["Body"].read()
        except ClientError as error:
            if code(error) == "NoSuchKey":
                return message
            raise
        return replace(message, body=body.decode(errors="replace"))


@dataclass(frozen=True)
class ReaderMapping:
    """The filter patterns, at least one of which must match, and the maximum batch size."""

    patterns: Sequence[Mapping[str, Any]]
    batch_size: int

    @classmethod
    def of(cls, functions: "LambdaClient", alias_arn: str) -> Self:
        """Read the mapping of a function's alias. Raises Refusal unless there is exactly one with supported filters."""
        mappings = functions.list_event_source_mappings(FunctionName=alias_arn)["EventSourceMappings"]
        if len(mappings) != 1:
            raise Refusal(f"{alias_arn} has {len(mappings)} event source mappings, not one: deploy the stack again.")
        filters = mappings[0].get("FilterCriteria", {}).get("Filters", [])
        patterns = [json.loads(entry.get("Pattern", "{}")) for entry in filters]
        for pattern in patterns:
            _refuse_unsupported(pattern)
        return cls(patterns, mappings[0].get("BatchSize", 100))

    def selects(self, record: Any) -> bool:
        """Return whether the record matches the filter."""
        return not self.patterns or any(_matches(pattern, record) for pattern in self.patterns)


def _matches(pattern: Any, value: Any) -> bool:
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(_matches(inner, value.get(name)) for name, inner in pattern.items())
    return isinstance(value, str) and any(_equals(alternative, value) for alternative in pattern)


def _equals(alternative: Any, value: str) -> bool:
    return value == alternative if isinstance(alternative, str) else value.startswith(alternative["prefix"])


def _refuse_unsupported(pattern: Any) -> None:
    """Raise Refusal for unsupported operators, which could select too many or too few records."""
    match pattern:
        case dict():
            for inner in pattern.values():
                _refuse_unsupported(inner)
        case list() if all(map(_is_supported, pattern)):
            return
        case _:
            raise Refusal(f"The function's mapping has the filter {pattern!r}, which this command does not support.")


def _is_supported(alternative: Any) -> bool:
    return isinstance(alternative, str) or (isinstance(alternative, dict) and list(alternative) == ["prefix"])


RETENTION = timedelta(hours=24)
"""The retention of DynamoDB streams."""

_TRIMMED = {"TrimmedDataAccessException", "ResourceNotFoundException"}
_EMPTY_PAGES = 200
"""Consecutive empty pages that end a search. A part of a shard without records takes many calls (API reference,
"GetRecords"); the table's readers share its 5 calls a second."""
_INFO = "DDBStreamBatchInfo"
_Time = Annotated[datetime, BeforeValidator(lambda text: datetime.fromisoformat(text).astimezone(UTC))]

_SEQUENCE_NUMBER = r"^[0-9]{1,40}$"
"""DynamoDB's sequence numbers have 21 to 40 digits (API reference, "GetShardIterator"); emulators may use fewer."""


class Position(BaseModel, frozen=True):
    """The position of a batch in a stream: `size` records of a shard, from `first` to `last`."""

    stream_arn: str = Field(alias="streamArn", pattern=r"^arn:[!-~]+$")
    shard: str = Field(alias="shardId", pattern=r"^[A-Za-z0-9-]+$")
    first: str = Field(alias="startSequenceNumber", pattern=_SEQUENCE_NUMBER)
    last: str = Field(alias="endSequenceNumber", pattern=_SEQUENCE_NUMBER)
    size: int = Field(alias="batchSize")
    began: _Time = Field(alias="approximateArrivalOfFirstRecord")
    ended: _Time = Field(alias="approximateArrivalOfLastRecord")

    @classmethod
    def of(cls, message: Message) -> Self:
        """Parse a message. Raises NotRedrivable if it names no position."""
        try:
            position = cls.model_validate(message.document.get(_INFO))
            if int(position.first) > int(position.last):
                raise ValueError(f"{position.first} comes after {position.last}")
        except (OverflowError, TypeError, ValueError) as error:
            raise NotRedrivable(
                "its body is not what Lambda writes of a batch: look at it in the SQS console, and delete it there."
            ) from error
        return position

    def lost(self) -> ContentLost:
        """Return the error for records that the stream no longer has."""
        return ContentLost(
            f"the records of its batch ({self.size}, committed from {self.began:%Y-%m-%d %H:%M:%S} to"
            f" {self.ended:%Y-%m-%d %H:%M:%S} UTC; {self.shard}, {self.first} to {self.last}) are gone from the stream,"
            " which keeps them for 24 hours: an incremental export of the table for that time has the items; publish"
            ' their events by hand, then discard the message with --go --give-up "why".'
        )


class StreamRoute(Route):
    """The route of table changes: invokes the reader with the records that match its filter."""

    def __init__(
        self, streams: "DynamoDBStreamsClient", functions: "LambdaClient", alias_arn: str, clock: Clock
    ) -> None:
        self._streams = streams
        self._functions = functions
        self._alias_arn = alias_arn
        self._clock = clock
        self.action = f"give the records of each to {alias_arn.split(':', 6)[-1]}"

    def facts(self, message: Message) -> Facts:
        """Return the first record's number, the table, and Lambda's reason."""
        return Facts(
            id=message.text(_INFO, "startSequenceNumber"),
            type="batch of changes",
            source=message.text(_INFO, "streamArn").partition(":table/")[2].partition("/")[0],
            reason=message.text("requestContext", "condition"),
        )

    def check(self, message: Message) -> None:
        """Check the records, or else the age; reading the stream would reduce its readers' throughput."""
        if missing := missing_object(message):
            raise missing
        if records_in(message) is None and self._clock.now() - (position := Position.of(message)).began > RETENTION:
            raise position.lost()

    def deliver(self, message: Message) -> str:
        """Invoke the function batch by batch, in the stream's order; stop at the first failed batch."""
        mapping = self._mapping
        records = [record for record in self._batch(message) if mapping.selects(record)]
        for start in range(0, len(records), mapping.batch_size):
            self._invoke_with_retry(records[start : start + mapping.batch_size])
        return ""

    @cached_property
    def _mapping(self) -> ReaderMapping:
        return ReaderMapping.of(self._functions, self._alias_arn)

    def _batch(self, message: Message) -> Sequence[Mapping[str, Any]]:
        if missing := missing_object(message):
            raise missing
        if (stored := records_in(message)) is not None:
            return stored
        position = Position.of(message)
        try:
            return [_as_event(record, position) for record in self._records(position)]
        except ClientError as error:
            if code(error) in _TRIMMED:
                raise position.lost() from error
            raise

    def _records(self, position: Position) -> "Iterator[RecordTypeDef]":
        iterator = self._streams.get_shard_iterator(
            StreamArn=position.stream_arn,
            ShardId=position.shard,
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=position.first,
        ).get("ShardIterator", "")
        empty = 0
        while iterator and empty < _EMPTY_PAGES:
            page = self._streams.get_records(ShardIterator=iterator)
            for record in page["Records"]:
                number = int(_number(record))
                if number <= int(position.last):
                    yield record
                if number >= int(position.last):
                    return
            empty = 0 if page["Records"] else empty + 1
            iterator = page.get("NextShardIterator", "")
        raise DeliveryFailed(f"its last record was not found in {position.shard}")

    def _invoke_with_retry(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Invoke the function; retry the failed records once. Raises DeliveryFailed."""
        rest = _from_failure(self._invoke(records), records)
        if rest and (failed := _from_failure(self._invoke(rest), rest)):
            raise DeliveryFailed(f"the function failed on {len(failed)} of its records: see its logs")

    def _invoke(self, records: Sequence[Mapping[str, Any]]) -> Any:
        payload = json.dumps({"Records": records}, default=_as_base64).encode()
        answer = self._functions.invoke(FunctionName=self._alias_arn, Payload=payload)
        read = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            kind = read.get("errorType", "") if isinstance(read, dict) else ""
            raise DeliveryFailed(f"the function failed ({kind or answer['FunctionError']}): see its logs")
        return read


def _number(record: Any) -> str:
    return record["dynamodb"]["SequenceNumber"]


def _from_failure(answer: Any, records: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return the records from the first reported failure on; all records if a reported number is unknown."""
    failures = (answer or {}).get("batchItemFailures") or []
    reported = {failure.get("itemIdentifier") for failure in failures}
    numbers = [_number(record) for record in records]
    if not reported <= set(numbers):
        return records
    return next((records[index:] for index, number in enumerate(numbers) if number in reported), [])


def _as_event(record: "RecordTypeDef", position: Position) -> dict[str, Any]:
    """Convert a stream record to Lambda's event format, which differs slightly."""
    change: dict[str, Any] = dict(record.get("dynamodb", {}))
    change["ApproximateCreationDateTime"] = change["ApproximateCreationDateTime"].timestamp()
    event = {**record, "dynamodb": change, "eventSourceARN": position.stream_arn}
    if identity := record.get("userIdentity"):
        event["userIdentity"] = {"principalId": identity.get("PrincipalId"), "type": identity.get("Type")}
    return event


def _as_base64(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"a stream record holds a {type(value).__name__}")


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
