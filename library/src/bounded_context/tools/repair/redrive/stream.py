"""Redrive of table changes that a reader of the table's stream could not process.

A message usually contains the records (`given_up`). Other messages, such as the messages of older stacks, name the
records' position, and the records are read from the stream, which stores them for 24 hours.

Lambda processes up to ten batches of a shard in parallel, each with different items. The range of a failed batch
therefore includes records of successful batches, which are delivered again. Readers must accept duplicates from a
stream anyway; the relay publishes a duplicate with the same event id. A message with records contains only its batch.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from ...command.aws_errors import code
from ...command.clock import Clock
from .errors import Gone, NotTaken, Stays
from .failed_batches import gone, records_in
from .mapping import Mapped
from .messages import About, Message

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_dynamodbstreams.type_defs import RecordTypeDef
    from mypy_boto3_lambda import LambdaClient

KEPT = timedelta(hours=24)
"""The retention of DynamoDB streams."""

_GONE = {"TrimmedDataAccessException", "ResourceNotFoundException"}
_EMPTY_PAGES = 10
_INFO = "DDBStreamBatchInfo"

_ARN = re.compile(r"arn:[!-~]+")
_SHARD = re.compile(r"[A-Za-z0-9-]+")
_SEQUENCE_NUMBER = re.compile(r"[0-9]{1,40}")
"""DynamoDB's sequence numbers have 21 to 40 digits (API reference, "GetShardIterator"); emulators may use fewer."""


@dataclass(frozen=True)
class Place:
    """The position of a batch in a stream: `size` records of a shard, from `first` to `last`."""

    stream_arn: str
    shard: str
    first: str
    last: str
    size: int
    began: datetime
    ended: datetime

    @classmethod
    def of(cls, message: Message) -> Self:
        """Parse a message. Raises Stays if it names no position."""
        info: Any = message.document.get(_INFO)
        try:
            return cls._read(info)
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            raise Stays(
                "its body is not what Lambda writes of a batch: look at it in the SQS console, and delete it there."
            ) from error

    @classmethod
    def _read(cls, info: Any) -> Self:
        first = _matching(_SEQUENCE_NUMBER, info["startSequenceNumber"])
        last = _matching(_SEQUENCE_NUMBER, info["endSequenceNumber"])
        if int(first) > int(last):
            raise ValueError(f"{first} comes after {last}")
        return cls(
            _matching(_ARN, info["streamArn"]),
            _matching(_SHARD, info["shardId"]),
            first,
            last,
            int(info["batchSize"]),
            _time(info["approximateArrivalOfFirstRecord"]),
            _time(info["approximateArrivalOfLastRecord"]),
        )

    def gone(self) -> Gone:
        """Return the error for records that the stream no longer has."""
        return Gone(
            f"the records of its batch ({self.size}, committed from {self.began:%Y-%m-%d %H:%M:%S} to"
            f" {self.ended:%Y-%m-%d %H:%M:%S} UTC; {self.shard}, {self.first} to {self.last}) are gone from the stream,"
            " which keeps them for 24 hours: an incremental export of the table for that time has the items; publish"
            ' their events by hand, then discard the message with --go --give-up "why".'
        )


class StreamRoute:
    """The route of table changes: invokes the reader with the records that match its filter."""

    def __init__(
        self, streams: "DynamoDBStreamsClient", functions: "LambdaClient", alias_arn: str, clock: Clock
    ) -> None:
        self._streams = streams
        self._functions = functions
        self._alias_arn = alias_arn
        self._clock = clock
        self.action = f"give the records of each to {alias_arn.split(':', 6)[-1]}"

    def about(self, message: Message) -> About:
        """Return the first record's number, the table, and Lambda's reason."""
        return About(
            id=message.text(_INFO, "startSequenceNumber"),
            type="batch of changes",
            source=message.text(_INFO, "streamArn").partition(":table/")[2].partition("/")[0],
            reason=message.text("requestContext", "condition"),
        )

    def check(self, message: Message) -> None:
        """Check the records, or else the age; reading the stream would reduce its readers' throughput."""
        if missing := gone(message):
            raise missing
        if records_in(message) is None:
            self._check_age(Place.of(message))

    def _check_age(self, place: Place) -> None:
        if self._clock.now() - place.began > KEPT:
            raise place.gone()

    def deliver(self, message: Message) -> str:
        """Invoke the function batch by batch, in the stream's order; stop at the first failed batch."""
        mapped = self._mapped
        records = [record for record in self._batch(message) if mapped.takes(record)]
        for start in range(0, len(records), mapped.batch_size):
            self._invoke_with_retry(records[start : start + mapped.batch_size])
        return ""

    @cached_property
    def _mapped(self) -> Mapped:
        return Mapped.of(self._functions, self._alias_arn)

    def _batch(self, message: Message) -> Sequence[Mapping[str, Any]]:
        if missing := gone(message):
            raise missing
        if (stored := records_in(message)) is not None:
            return stored
        place = Place.of(message)
        return [_as_event(record, place) for record in self._read(place)]

    def _read(self, place: Place) -> "list[RecordTypeDef]":
        try:
            return list(self._records(place))
        except ClientError as error:
            if code(error) in _GONE:
                raise place.gone() from error
            raise

    def _records(self, place: Place) -> "Iterator[RecordTypeDef]":
        iterator = self._streams.get_shard_iterator(
            StreamArn=place.stream_arn,
            ShardId=place.shard,
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=place.first,
        ).get("ShardIterator", "")
        empty = 0
        while iterator and empty < _EMPTY_PAGES:
            page = self._streams.get_records(ShardIterator=iterator)
            for record in page["Records"]:
                number = int(_number(record))
                if number <= int(place.last):
                    yield record
                if number >= int(place.last):
                    return
            empty = 0 if page["Records"] else empty + 1
            iterator = page.get("NextShardIterator", "")
        raise NotTaken(f"its last record was not found in {place.shard}")

    def _invoke_with_retry(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Invoke the function; retry the failed records once. Raises NotTaken."""
        rest = _from_failure(self._invoke(records), records)
        if rest and (failed := _from_failure(self._invoke(rest), rest)):
            raise NotTaken(f"the function failed on {len(failed)} of its records: see its logs")

    def _invoke(self, records: Sequence[Mapping[str, Any]]) -> Any:
        payload = json.dumps({"Records": records}, default=_as_base64).encode()
        answer = self._functions.invoke(FunctionName=self._alias_arn, Payload=payload)
        read = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            kind = read.get("errorType", "") if isinstance(read, dict) else ""
            raise NotTaken(f"the function failed ({kind or answer['FunctionError']}): see its logs")
        return read


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    """Return a value that matches a pattern. Raises TypeError and ValueError for other values."""
    if not pattern.fullmatch(value):
        raise ValueError(f"{value!r} is not written as {pattern.pattern}")
    return value


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _number(record: Any) -> str:
    return record["dynamodb"]["SequenceNumber"]


def _from_failure(answer: Any, records: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return the records from the first reported failure on; all records if a reported number is unknown."""
    failures = (answer or {}).get("batchItemFailures") or []
    reported = {failure.get("itemIdentifier") for failure in failures}
    numbers = [_number(record) for record in records]
    if not reported <= set(numbers):
        return records
    return next((records[place:] for place, number in enumerate(numbers) if number in reported), [])


def _as_event(record: "RecordTypeDef", place: Place) -> dict[str, Any]:
    """Convert a stream record to Lambda's event format, which differs slightly."""
    change: dict[str, Any] = dict(record.get("dynamodb", {}))
    change["ApproximateCreationDateTime"] = change["ApproximateCreationDateTime"].timestamp()
    event = {**record, "dynamodb": change, "eventSourceARN": place.stream_arn}
    if identity := record.get("userIdentity"):
        event["userIdentity"] = {"principalId": identity.get("PrincipalId"), "type": identity.get("Type")}
    return event


def _as_base64(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"a stream record holds a {type(value).__name__}")
