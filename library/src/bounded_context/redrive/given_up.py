"""What a reader of the table's stream gave up, whole: an object of a bucket, of which a message gives word.

The message is S3's own event, the object what Lambda writes of a batch: its place in the stream, as a queue would get
it, and as `payload` the event that the function was given (Lambda Developer Guide, "Retain discarded records for a
DynamoDB event source in Lambda"). The guide shows the payload as text; an object of JSON is understood as well.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ..rollout.errors import code
from .errors import Gone, Stays
from .messages import Message
from .route import Source

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PAYLOAD = "payload"


def place_of(message: Message) -> tuple[str, str] | None:
    """The bucket and the key that a message gives word of, None if of nothing."""
    bucket, key = message.text("detail", "bucket", "name"), message.text("detail", "object", "key")
    return (bucket, key) if bucket and key else None


def gone(message: Message) -> Gone | None:
    """Why there is nothing to deliver, and what to do, if an opened message still is no more than word of an object."""
    if (place := place_of(message)) is None:
        return None
    return Gone(
        f"its object s3://{'/'.join(place)} is gone: it was sent before, or somebody deleted it; if the function has"
        ' had it, give the message up with --go --give-up "why".'
    )


def records_in(message: Message) -> list[Mapping[str, Any]] | None:
    """The records that a message holds itself, as the function was given them; None if it holds their place only.

    Raises Stays if its payload is not a batch of records.
    """
    if (payload := message.member(_PAYLOAD)) is None:
        return None
    try:
        read = json.loads(payload) if isinstance(payload, str) else payload
        records = list(read["Records"])
        if not records or not all(isinstance(one["dynamodb"]["SequenceNumber"], str) for one in records):
            raise ValueError("a record has no number")
    except (KeyError, RecursionError, TypeError, ValueError) as error:
        raise Stays("its payload is not what Lambda gives a function: look at the object in the S3 console.") from error
    return records


class GivenUpMessages:
    """A dead-letter queue whose messages are opened as they are taken: each has for its body the object's text."""

    def __init__(self, source: Source, objects: "S3Client") -> None:
        self._source = source
        self._objects = objects
        self._places: dict[str, tuple[str, str]] = {}

    def count(self) -> int:
        """About how many messages there are. Raises ClientError and BotoCoreError, as all of these do."""
        return self._source.count()

    def messages(self, stopped: Callable[[], bool]) -> Iterator[Message]:
        """Yield every message once; one whose object is gone is as it came."""
        return map(self._opened, self._source.messages(stopped))

    def not_seen(self) -> int:
        """About how many messages could not be received."""
        return self._source.not_seen()

    def delete(self, message: Message) -> None:
        """Delete the object first: a message without it says that it was sent."""
        if place := self._places.get(message.id):
            self._objects.delete_object(Bucket=place[0], Key=place[1])
        self._source.delete(message)

    def release(self) -> int:
        """Make visible what is held; returns how many stay hidden for a while."""
        return self._source.release()

    def _opened(self, message: Message) -> Message:
        if (place := place_of(message)) is None:
            return message
        self._places[message.id] = place
        try:
            body = self._objects.get_object(Bucket=place[0], Key=place[1])["Body"].read()
        except ClientError as error:
            if code(error) == "NoSuchKey":
                return message
            raise
        return replace(message, body=body.decode(errors="replace"))
