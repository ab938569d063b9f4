"""Batches that Lambda discarded after exhausted retries of a stream's reader: objects in a bucket, named by messages.

The message is S3's event. The object is Lambda's record of the batch: its position in the stream, and in `payload` the
function's event (Lambda Developer Guide, "Retain discarded records for a DynamoDB event source in Lambda"). The guide
shows the payload as text; a JSON object is accepted as well.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ...command.aws_errors import code
from ...command.clock import Clock
from .message import ContentLost, Message, NotRedrivable
from .queue_reader import QueueReader

if TYPE_CHECKING:
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
                super().delete(message)
            else:
                yield self._opened(message)

    def delete(self, message: Message) -> None:
        """Delete the object, then the message: a message without an object was delivered before."""
        if place := self._places.get(message.id):
            self._objects.delete_object(Bucket=place[0], Key=place[1])
            self._delivered.add(place)
        super().delete(message)

    def _opened(self, message: Message) -> Message:
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
