"""Redrive of table changes that a reader of the table's stream could not process.

A message usually names an object with the records (`failed_batches`). Other messages, such as the messages of older
stacks, name the records' position. The records are then read from the stream, which stores them for 24 hours.

Lambda processes up to ten batches of a shard in parallel, each with different items. The range of a failed batch
therefore includes records of successful batches, which are delivered again. Readers must accept duplicates from a
stream anyway; the relay publishes a duplicate with the same event id. A message with records contains only its batch.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Self

from botocore.exceptions import ClientError
from pydantic import BaseModel, BeforeValidator, Field

from ...command.aws_errors import code
from ...command.clock import Clock
from .failed_batches import missing_object, records_in
from .message import ContentLost, DeliveryFailed, Facts, Message, NotRedrivable
from .reader_mapping import ReaderMapping
from .route import Route

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_dynamodbstreams.type_defs import RecordTypeDef
    from mypy_boto3_lambda import LambdaClient

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
