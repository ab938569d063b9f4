"""SQS: the model of standard queues, which deliver at least once and in no order, and botocore's client for them.

A front gives the clock, the scheduler and the random decisions, as a gate. The fronts are the simulation of imports,
requests and redrives, the documented rules, and the unit tests of redrives, erasures, reseeds and subscribers. The
behaviour is in the SQS API reference (SendMessage, ReceiveMessage, DeleteMessage, ChangeMessageVisibility), and in the
SQS developer guide ("Using dead-letter queues in Amazon SQS"). `documented/rules/sqs.toml` has the limits.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from .client_errors import faults, refused
from .gate import Gate
from .metadata import Meta
from .retries import retried

Answer = dict[str, Any]
Request = Mapping[str, Any]
Attributes = Mapping[str, Mapping[str, Any]]
"""Message attributes, as SQS's API has them: DataType, and StringValue or BinaryValue."""

MOST_ENTRIES: Final = 10
"""Entries of a batch of SQS or SNS (API references, SendMessageBatch and PublishBatch)."""

_MOST_BYTES: Final = 1_048_576
_MOST_ATTRIBUTES: Final = 10
_RANGES: Final = {
    "DelaySeconds": (0, 900),
    "MaxNumberOfMessages": (1, 10),
    "VisibilityTimeout": (0, 43_200),
    "WaitTimeSeconds": (0, 20),
}
_FORBIDDEN: Final = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_ID: Final = re.compile(r"[\w-]{1,80}", re.ASCII)

_LAG: Final = 50.0
"""Seconds for which counts may have deleted messages (API reference, GetQueueAttributes: at least a minute)."""


@dataclass(frozen=True)
class Chances:
    """The shares of calls with an outcome that a standard queue permits.

    Args:
        empty: receives that return no message, although messages are visible.
        few: receives that return one to three of many messages.
        hidden: receives that return a hidden message too.
        undeleted: deletions that leave the message.
        refused: changes of a visibility timeout that fail.
        lagging: counts that contain deleted messages.
    """

    empty: float = 0.0
    few: float = 0.0
    hidden: float = 0.0
    undeleted: float = 0.05
    refused: float = 0.0
    lagging: float = 0.0


@dataclass(eq=False)
class Message:
    """A message in a queue. ``visible`` is when it is delivered next, ``received`` how often it was delivered.

    ``receipt`` is its newest receipt handle. ``doubled`` is set if SQS delivers it more often than readers can know.
    """

    id: str
    body: str
    attributes: Attributes
    system: Mapping[str, str]
    sent: float
    visible: float
    received: int = 0
    receipt: str = ""
    doubled: bool = False


@dataclass(eq=False)
class Queue:
    """A standard queue.

    Args:
        url: the queue's.
        gate: gives time and randomness.
        visibility: seconds that a received message is hidden for, if the call names no other time.
        redrive: the dead-letter queue, and after how many receives a message moves to it.
        in_flight: how many messages can be received and not deleted.
        ordered: whether the oldest messages are received first.
        retention: seconds for which messages are stored. No message expires in the model.

    ``messages`` has the messages that are not deleted, by id. ``sent`` has all messages. ``added`` and ``deleted`` are
    called with each message that is sent, or deleted.
    """

    url: str
    gate: Gate
    visibility: float = 30.0
    redrive: "tuple[Queue, int] | None" = None
    in_flight: int = 120_000
    ordered: bool = False
    retention: int = 345_600
    chances: Chances = field(default_factory=Chances)
    messages: dict[str, Message] = field(default_factory=dict)
    sent: list[Message] = field(default_factory=list)
    added: list[Callable[[Message], None]] = field(default_factory=list)
    deleted: list[Callable[[Message], None]] = field(default_factory=list)
    _deletions: list[float] = field(default_factory=list)

    def add(
        self, body: str, attributes: Attributes, system: Mapping[str, str] | None = None, delay: float = 0.0
    ) -> Message:
        """Add a message, which is visible after a delay in seconds."""
        now, number = self.gate.now(), f"{self.url.rpartition('/')[2]}-{len(self.sent) + 1}"
        message = self.messages[number] = Message(number, body, attributes, system or {}, now, now + delay)
        self.sent.append(message)
        for watch in self.added:
            watch(message)
        return message

    def move(self, message: Message, other: "Queue") -> None:
        """Move a message to another queue, where it is visible. It keeps its id and its time."""
        message.visible = self.gate.now()
        other.messages[message.id] = self.messages.pop(message.id)

    def hidden(self) -> list[Message]:
        """Return the messages in flight."""
        return [message for message in self._invisible() if message.received]

    def _invisible(self) -> list[Message]:
        now = self.gate.now()
        return [message for message in self.messages.values() if message.visible > now]

    def receive(self, most: int = 10, seconds: float | None = None) -> list[Message]:
        """Return visible messages, and hide them for some seconds, or for the queue's visibility timeout."""
        now = self.gate.now()
        visible = [message for message in self.messages.values() if message.visible <= now]
        visible = [message for message in visible if not self._is_dead(message)]
        free = self.in_flight - len(hidden := self.hidden())
        if free <= 0 or not visible or self._happens(self.chances.empty):
            return []
        most = min(most, free, self.gate.choose((1, 2, 3)) if self._happens(self.chances.few) else most)
        received = self._chosen(visible, most)
        if hidden and len(received) < most and self._happens(self.chances.hidden):
            received.append(self.gate.choose(hidden))
            received[-1].doubled = True
        for message in received:
            message.received, message.visible = (
                message.received + 1,
                now + (self.visibility if seconds is None else seconds),
            )
            message.receipt = f"{message.id}/{message.received}"
        return received

    def _is_dead(self, message: Message) -> bool:
        """Move a message that was received too often to the dead-letter queue."""
        if self.redrive is None or message.received < self.redrive[1]:
            return False
        self.move(message, self.redrive[0])
        return True

    def _chosen(self, visible: list[Message], most: int) -> list[Message]:
        chosen = list[Message]()
        while visible and len(chosen) < most:
            chosen.append(visible[0] if self.ordered else self.gate.choose(visible))
            visible.remove(chosen[-1])
        return chosen

    def _happens(self, share: float) -> bool:
        return share > 0 and self.gate.chance(share)

    def delete(self, receipt: str) -> None:
        """Delete a message by its newest receipt. Another receipt has no effect, and no error."""
        if (message := self._of(receipt)) is None:
            return
        if self._happens(self.chances.undeleted):
            message.doubled = True
            return
        del self.messages[message.id]
        self._deletions.append(self.gate.now())
        for watch in self.deleted:
            watch(message)

    def hide(self, receipt: str, seconds: float) -> None:
        """Hide a message in flight for some seconds from now on. Raises ClientError."""
        message, now = self._of(receipt), self.gate.now()
        if message is None or message.visible <= now or self._happens(self.chances.refused):
            raise refused("ChangeMessageVisibility", "MessageNotInflight")
        message.visible = now + seconds

    def _of(self, receipt: str) -> Message | None:
        message = self.messages.get(receipt.partition("/")[0])
        return message if message and message.receipt == receipt else None

    def attributes(self) -> dict[str, str]:
        """Return about how many messages are visible, in flight and delayed, and the retention."""
        hidden, invisible = len(self.hidden()), len(self._invisible())
        recent = sum(at > self.gate.now() - _LAG for at in self._deletions)
        numbers = {
            "ApproximateNumberOfMessages": len(self.messages) - invisible,
            "ApproximateNumberOfMessagesDelayed": invisible - hidden,
            "ApproximateNumberOfMessagesNotVisible": hidden
            + (recent if recent and self._happens(self.chances.lagging) else 0),
            "MessageRetentionPeriod": self.retention,
        }
        return {name: str(number) for name, number in numbers.items()}


class SimSqs:
    """A client of queues, which exist from the start. Its methods take the parameters of the API."""

    def __init__(self, queues: Iterable[Queue], gate: Gate) -> None:
        self.queues = {queue.url: queue for queue in queues}
        self.gate = gate
        self.meta = Meta()

    def __getattr__(self, name: str) -> Callable[..., Answer]:
        operation = name.title().replace("_", "")
        if operation not in _FAULTS:
            raise AttributeError(name)
        return lambda **request: self.call(operation, request)

    def call(self, operation: str, request: Request) -> Answer:
        """Send a request. A receive without a message waits, and the next call receives what comes meanwhile."""
        sent = partial(self._applied, operation, request)
        answer = retried(self.gate, f"sqs.{operation} {request['QueueUrl']}", sent, _FAULTS[operation])
        if (seconds := request.get("WaitTimeSeconds", 0)) and not answer:
            self.gate.sleep(seconds)
        return answer

    def _applied(self, operation: str, request: Request) -> Answer:
        try:
            queue = self.queues[request["QueueUrl"]]
        except KeyError:
            code = "AWS.SimpleQueueService.NonExistentQueue"
            raise refused(operation, code, "The queue does not exist.") from None
        batched = operation.endswith("Batch")
        return _batch(queue, operation, request["Entries"]) if batched else _answer(queue, operation, request)


def _batch(queue: Queue, operation: str, entries: Sequence[Request]) -> Answer:
    check_batch(operation, [entry["Id"] for entry in entries], sum(map(_size, entries)), _MOST_BYTES)
    answer: Answer = {"Successful": [], "Failed": []}
    for entry in entries:
        try:
            result = _answer(queue, operation.removesuffix("Batch"), entry)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            answer["Failed"].append({"Id": entry["Id"], "Code": code, "SenderFault": True})
        else:
            answer["Successful"].append({"Id": entry["Id"], **result})
    return answer


def check_batch(operation: str, ids: Sequence[str], size: int, most: int) -> None:
    """Raise ClientError for a batch that SQS or SNS refuses as a whole. Sizes are in bytes."""
    refusals = {
        "EmptyBatchRequest": not ids,
        "TooManyEntriesInBatchRequest": len(ids) > MOST_ENTRIES,
        "InvalidBatchEntryId": not all(map(_ID.fullmatch, ids)),
        "BatchEntryIdsNotDistinct": len(set(ids)) < len(ids),
        "BatchRequestTooLong": size > most,
    }
    for code, holds in refusals.items():
        if holds:
            raise refused(operation, code)


def size_of(body: str, attributes: Attributes) -> int:
    """Return the bytes of a message and its attributes."""
    texts = [text for name, value in attributes.items() for text in (name, *value.values())]
    return sum(len(text.encode() if isinstance(text, str) else text) for text in (body, *texts))


def _size(request: Request) -> int:
    return size_of(request.get("MessageBody", ""), request.get("MessageAttributes", {}))


def _answer(queue: Queue, operation: str, request: Request) -> Answer:
    for name, (low, high) in _RANGES.items():
        if not low <= request.get(name, low) <= high:
            raise refused(operation, "InvalidParameterValue", f"{name} is {low} to {high}.")
    return _EFFECTS[operation](queue, request)


def _send(queue: Queue, request: Request) -> Answer:
    attributes = request.get("MessageAttributes", {})
    if len(attributes) > _MOST_ATTRIBUTES or _size(request) > _MOST_BYTES:
        raise refused("SendMessage", "InvalidParameterValue", "The message is too large.")
    if _FORBIDDEN.search(request["MessageBody"]):
        raise refused("SendMessage", "InvalidMessageContents")
    system = {name: value["StringValue"] for name, value in request.get("MessageSystemAttributes", {}).items()}
    if header := os.environ.get("_X_AMZN_TRACE_ID"):
        # botocore sends a function's variable as a header (handlers.py, add_recursion_detection_header).
        system.setdefault("AWSTraceHeader", header)
    return {"MessageId": queue.add(request["MessageBody"], attributes, system, request.get("DelaySeconds", 0)).id}


def _receive(queue: Queue, request: Request) -> Answer:
    messages = queue.receive(request.get("MaxNumberOfMessages", 1), request.get("VisibilityTimeout"))
    return {"Messages": [_given(message, request) for message in messages]} if messages else {}


def _given(message: Message, request: Request) -> Answer:
    return {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "Attributes": _wanted(
            _system(message), request.get("MessageSystemAttributeNames") or request.get("AttributeNames", ())
        ),
        "MessageAttributes": _wanted(message.attributes, request.get("MessageAttributeNames", ())),
    }


def _system(message: Message) -> dict[str, str]:
    times = {"SentTimestamp": str(int(message.sent * 1000)), "ApproximateReceiveCount": str(message.received)}
    return {**times, **message.system}


def _wanted(members: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: member for name, member in members.items() if name in names or "All" in names}


_EFFECTS: Final[Mapping[str, Callable[[Queue, Request], Answer]]] = {
    "SendMessage": _send,
    "ReceiveMessage": _receive,
    "DeleteMessage": lambda queue, request: queue.delete(request["ReceiptHandle"]) or {},
    "ChangeMessageVisibility": lambda queue, request: (
        queue.hide(request["ReceiptHandle"], request["VisibilityTimeout"]) or {}
    ),
    "GetQueueAttributes": lambda queue, request: {"Attributes": _wanted(queue.attributes(), request["AttributeNames"])},
}
_BATCHES: Final = ("SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch")
_FAULTS: Final = {name: faults(name, "RequestThrottled", failure="InternalError") for name in (*_EFFECTS, *_BATCHES)}


def lambda_event(messages: Sequence[Message], queue: str = "queue") -> dict[str, Any]:
    """Return the event that Lambda's event source mapping makes of received messages."""
    return {"Records": [_lambda_record(message, queue) for message in messages]}


def _lambda_record(message: Message, queue: str) -> dict[str, Any]:
    first = {"SenderId": "simulated", "ApproximateFirstReceiveTimestamp": str(int(message.sent * 1000))}
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": _system(message) | first,
        "messageAttributes": {name: _lambda_attribute(value) for name, value in message.attributes.items()},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:eu-central-1:123456789012:{queue}",
        "awsRegion": "eu-central-1",
    }


def _lambda_attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{name[0].lower()}{name[1:]}": member for name, member in value.items()}
