"""Changes of the table that a reader of its stream could not take.

A message holds the records themselves (`given_up`). One that does not names their place in the stream, from which they
are read again: so are messages of a stack whose readers gave up to a queue. The stream keeps records for 24 hours.

Lambda gives a reader up to ten batches of one shard at a time, each of other items. So between the first and the last
record of the batch that failed there are records of batches that did not: they are given to the reader again. The
stream makes readers expect that too; what the relay publishes again has the same event id. What a message itself holds
is the batch and no more.
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

from ..rollout.clock import Clock
from ..rollout.errors import code
from .errors import Gone, NotTaken, Stays
from .given_up import gone, records_in
from .mapping import Mapped
from .messages import About, Message

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_dynamodbstreams.type_defs import RecordTypeDef
    from mypy_boto3_lambda import LambdaClient

KEPT = timedelta(hours=24)
"""How long a stream of DynamoDB keeps a record."""

_GONE = {"TrimmedDataAccessException", "ResourceNotFoundException"}
_EMPTY_PAGES = 10
_INFO = "DDBStreamBatchInfo"

_ARN = re.compile(r"arn:[!-~]+")
_SHARD = re.compile(r"[A-Za-z0-9-]+")
_SEQUENCE_NUMBER = re.compile(r"[0-9]{1,40}")
"""DynamoDB's have 21 to 40 digits (API reference, "GetShardIterator"), others' may have fewer."""


@dataclass(frozen=True)
class Place:
    """A batch's place in a stream: from its first record to its last, `size` records of one shard."""

    stream_arn: str
    shard: str
    first: str
    last: str
    size: int
    began: datetime
    ended: datetime

    @classmethod
    def of(cls, message: Message) -> Self:
        """Read a message. Raises Stays if it names no place."""
        info: Any = message.document.get(_INFO)
        try:
            return cls._read(info)
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            raise Stays(
                "its body is not what Lambda writes of a batch: look at it in the SQS console, and delete it there."
            ) from error

    @classmethod
    def _read(cls, info: Any) -> Self:
        first = _written(_SEQUENCE_NUMBER, info["startSequenceNumber"])
        last = _written(_SEQUENCE_NUMBER, info["endSequenceNumber"])
        if int(first) > int(last):
            raise ValueError(f"{first} comes after {last}")
        return cls(
            _written(_ARN, info["streamArn"]),
            _written(_SHARD, info["shardId"]),
            first,
            last,
            int(info["batchSize"]),
            _time(info["approximateArrivalOfFirstRecord"]),
            _time(info["approximateArrivalOfLastRecord"]),
        )

    def gone(self) -> Gone:
        """Why there is nothing to deliver, and what to do."""
        return Gone(
            f"the records of its batch ({self.size}, committed from {self.began:%Y-%m-%d %H:%M:%S} to"
            f" {self.ended:%Y-%m-%d %H:%M:%S} UTC; {self.shard}, {self.first} to {self.last}) are gone from the stream,"
            " which keeps them for 24 hours: an incremental export of the table for that time names the items; tell"
            ' their readers by hand, then give the message up with --go --give-up "why".'
        )


class StreamRoute:
    """Gives the function the records that a message holds or stands for: those that it listens to."""

    def __init__(
        self, streams: "DynamoDBStreamsClient", functions: "LambdaClient", alias_arn: str, clock: Clock
    ) -> None:
        self._streams = streams
        self._functions = functions
        self._alias_arn = alias_arn
        self._clock = clock
        self.action = f"give the records of each to {alias_arn.split(':', 6)[-1]}"

    def about(self, message: Message) -> About:
        """A batch: its first record's number, the table, and why Lambda gave it up."""
        return About(
            id=message.text(_INFO, "startSequenceNumber"),
            type="batch of changes",
            source=message.text(_INFO, "streamArn").partition(":table/")[2].partition("/")[0],
            reason=message.text("requestContext", "condition"),
        )

    def check(self, message: Message) -> None:
        """Judged by what it holds, else by its age: reading the stream only to look would cost the stream's readers."""
        if why := gone(message):
            raise why
        if records_in(message) is None:
            self._check_age(Place.of(message))

    def _check_age(self, place: Place) -> None:
        if self._clock.now() - place.began > KEPT:
            raise place.gone()

    def deliver(self, message: Message) -> str:
        """Invoke the function batch by batch, in the stream's order, and stop at the first that it does not take."""
        mapped = self._mapped
        records = [record for record in self._batch(message) if mapped.takes(record)]
        for start in range(0, len(records), mapped.batch_size):
            self._give(records[start : start + mapped.batch_size])
        return ""

    @cached_property
    def _mapped(self) -> Mapped:
        return Mapped.of(self._functions, self._alias_arn)

    def _batch(self, message: Message) -> Sequence[Mapping[str, Any]]:
        if why := gone(message):
            raise why
        if (held := records_in(message)) is not None:
            return held
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
        raise NotTaken(f"its last record was not to be found in {place.shard}")

    def _give(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Invoke the function, and with what it did not take a second time. Raises NotTaken."""
        rest = _from(self._invoke(records), records)
        if rest and (left := _from(self._invoke(rest), rest)):
            raise NotTaken(f"the function did not take {len(left)} of its records: its logs say why")

    def _invoke(self, records: Sequence[Mapping[str, Any]]) -> Any:
        payload = json.dumps({"Records": records}, default=_as_base64).encode()
        answer = self._functions.invoke(FunctionName=self._alias_arn, Payload=payload)
        read = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            kind = read.get("errorType", "") if isinstance(read, dict) else ""
            raise NotTaken(f"the function failed ({kind or answer['FunctionError']}): its logs say why")
        return read


def _written(pattern: re.Pattern[str], value: Any) -> str:
    """A value as it must be written. Raises TypeError and ValueError for what is not."""
    if not pattern.fullmatch(value):
        raise ValueError(f"{value!r} is not written as {pattern.pattern}")
    return value


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _number(record: Any) -> str:
    return record["dynamodb"]["SequenceNumber"]


def _from(answer: Any, records: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The records from the first that the function reported on; all of them if it names one that it was not given."""
    failures = (answer or {}).get("batchItemFailures") or []
    reported = {failure.get("itemIdentifier") for failure in failures}
    numbers = [_number(record) for record in records]
    if not reported <= set(numbers):
        return records
    return next((records[place:] for place, number in enumerate(numbers) if number in reported), [])


def _as_event(record: "RecordTypeDef", place: Place) -> dict[str, Any]:
    """A record as Lambda gives it to a function, which is not quite as the stream does."""
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
