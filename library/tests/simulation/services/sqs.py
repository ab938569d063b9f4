"""SQS: standard queues, which deliver at least once and in no order, and botocore's client for them."""

# Parameters have botocore's names.
# ruff: noqa: N803

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from .client_errors import answered, faults, refused
from .gate import Gate
from .metadata import Meta
from .retries import retried

Answer = dict[str, Any]
Attributes = Mapping[str, Mapping[str, Any]]
"""Message attributes, as SQS's API has them: DataType, and StringValue or BinaryValue."""

_MOST_BYTES: Final = 1_048_576
"""Bytes of a message (API reference, SendMessage)."""

_TWICE: Final = 0.05
"""The share of deleted messages that are delivered once more."""

_OPERATIONS: Final = ("SendMessage", "ReceiveMessage", "DeleteMessage")
_FAULTS: Final = {name: faults(name, "RequestThrottled", failure="InternalError") for name in _OPERATIONS}


@dataclass
class Message:
    """A message in a queue. ``visible`` is when it is delivered next, ``received`` how often it was delivered."""

    id: str
    body: str
    attributes: Attributes
    sent: float
    visible: float
    received: int = field(default=0)


class Queue:
    """A standard queue.

    Args:
        url: the queue's.
        gate: gives time and randomness.
        visibility: seconds that a received message is hidden for.

    ``messages`` has the messages that are not deleted, by id. ``sent`` has all messages.
    """

    def __init__(self, url: str, gate: Gate, visibility: float = 30.0) -> None:
        self.url = url
        self.messages = dict[str, Message]()
        self.sent = list[Message]()
        self._gate = gate
        self._visibility = visibility

    def add(self, body: str, attributes: Attributes) -> Message:
        """Add a message."""
        now = self._gate.now()
        message = Message(f"message-{len(self.sent) + 1:06d}", body, attributes, now, now)
        self.messages[message.id] = message
        self.sent.append(message)
        return message

    def receive(self, most: int = 10) -> list[Message]:
        """Return visible messages, in an order of the gate's choice, and hide them for the visibility timeout."""
        now, found = self._gate.now(), list[Message]()
        visible = [message for message in self.messages.values() if message.visible <= now]
        while visible and len(found) < most:
            message = self._gate.choose(visible)
            visible.remove(message)
            message.visible, message.received = now + self._visibility, message.received + 1
            found.append(message)
        return found

    def delete(self, message: str) -> None:
        """Delete a message. SQS may deliver it once more all the same, after the visibility timeout."""
        if message in self.messages and not self._gate.chance(_TWICE):
            del self.messages[message]


def lambda_event(messages: Sequence[Message], queue: str = "queue") -> dict[str, Any]:
    """Return the event that Lambda's event source mapping makes of received messages."""
    return {"Records": [_lambda_record(message, queue) for message in messages]}


def _lambda_record(message: Message, queue: str) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": message.id,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.received),
            "SentTimestamp": str(int(message.sent * 1000)),
            "SenderId": "simulated",
            "ApproximateFirstReceiveTimestamp": str(int(message.sent * 1000)),
        },
        "messageAttributes": {name: _lambda_attribute(value) for name, value in message.attributes.items()},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:eu-central-1:123456789012:{queue}",
        "awsRegion": "eu-central-1",
    }


def _lambda_attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{name[0].lower()}{name[1:]}": member for name, member in value.items()}


class SimSqs:
    """A client of queues, which exist from the start."""

    def __init__(self, queues: Sequence[Queue], gate: Gate) -> None:
        self._queues = {queue.url: queue for queue in queues}
        self._gate = gate
        self.meta = Meta()

    def send_message(self, *, QueueUrl: str, MessageBody: str, MessageAttributes: Attributes | None = None) -> Answer:
        """Send SendMessage."""
        return self._send("SendMessage", QueueUrl, lambda queue: _sent(queue, MessageBody, MessageAttributes or {}))

    def receive_message(self, *, QueueUrl: str, MaxNumberOfMessages: int = 1) -> Answer:
        """Send ReceiveMessage."""
        return self._send("ReceiveMessage", QueueUrl, lambda queue: _received(queue, MaxNumberOfMessages))

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> Answer:
        """Send DeleteMessage."""
        return self._send("DeleteMessage", QueueUrl, lambda queue: queue.delete(ReceiptHandle) or {})

    def _send(self, operation: str, url: str, effect: Any) -> Answer:
        applied = partial(self._applied, operation, url, effect)
        answer = retried(self._gate, f"sqs.{operation} {url}", applied, _FAULTS[operation])
        return {**answer, "ResponseMetadata": answered(200)}

    def _applied(self, operation: str, url: str, effect: Any) -> Answer:
        if url not in self._queues:
            raise refused(operation, "AWS.SimpleQueueService.NonExistentQueue", "The queue does not exist.")
        return effect(self._queues[url])


def _sent(queue: Queue, body: str, attributes: Attributes) -> Answer:
    if len(body.encode()) > _MOST_BYTES:
        raise refused("SendMessage", "InvalidParameterValue", "The message is too long.")
    return {"MessageId": queue.add(body, attributes).id}


def _received(queue: Queue, most: int) -> Answer:
    if not 1 <= most <= 10:
        raise refused("ReceiveMessage", "InvalidParameterValue", "MaxNumberOfMessages is 1 to 10.")
    found = queue.receive(most)
    messages = [
        {
            "MessageId": message.id,
            "ReceiptHandle": message.id,
            "Body": message.body,
            "MessageAttributes": dict(message.attributes),
        }
        for message in found
    ]
    return {"Messages": messages} if messages else {}
