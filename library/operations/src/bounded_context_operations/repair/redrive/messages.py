"""Messages of a dead-letter queue: their reading, their routes, and the reasons why a message is not redriven."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from bounded_context_cli.command.aws_errors import AWS_ERRORS
from bounded_context_cli.command.operation import Clients, Clock

if TYPE_CHECKING:
    from mypy_boto3_firehose import FirehoseClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueOutputTypeDef, MessageTypeDef


FIFO: Final = ".fifo"
"""The suffix of the names of FIFO queues."""


class NotRedrivable(Exception):
    """A message that cannot be redriven. The text contains the reason and the remedy."""


class ContentLost(NotRedrivable):
    """A message whose records or object no longer exist, so it can only be discarded."""


class DeletedLate(Exception):
    """A message that was deleted after it was visible again, and may arrive twice."""


class DeliveryFailed(Exception):
    """A failed delivery that may succeed in another run."""


@dataclass(frozen=True)
class Facts:
    """The displayable facts of a message: its identity and its reason, without its content. Unknown facts are empty."""

    id: str = ""
    type: str = ""
    subject: str = ""
    source: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Message:
    """A received message of a dead-letter queue. `id` is SQS's id, which stays the same after a move."""

    id: str
    receipt: str
    body: str
    attributes: "Mapping[str, MessageAttributeValueOutputTypeDef]"
    system: Mapping[str, str]

    @classmethod
    def of(cls, message: "MessageTypeDef") -> Self:
        """Parse a received message."""
        system: Any = message.get("Attributes", {})
        return cls(
            message.get("MessageId", ""),
            message.get("ReceiptHandle", ""),
            message.get("Body", ""),
            message.get("MessageAttributes", {}),
            system,
        )

    @property
    def sent(self) -> datetime:
        """The time of the first send, in UTC; a move to the dead-letter queue does not change it."""
        return datetime.fromtimestamp(int(self.system["SentTimestamp"]) / 1000, UTC)

    @property
    def receives(self) -> int:
        """The receive count."""
        return int(self.system["ApproximateReceiveCount"])

    @property
    def group(self) -> str:
        """The message's group in a FIFO queue, or an empty string."""
        # Messages of standard queues may have a group too, without an order.
        return self.system.get("MessageGroupId", "") if "MessageDeduplicationId" in self.system else ""

    def attribute(self, name: str) -> str:
        """Return the text of a message attribute, or an empty string."""
        return self.attributes.get(name, {}).get("StringValue", "")

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The body as a JSON object; empty if it is not an object or is nested too deeply for Python."""
        try:
            read = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return read if isinstance(read, dict) else {}

    def text(self, *path: str) -> str:
        """Return the text at a path of the document, or an empty string."""
        value = self.member(*path)
        return value if isinstance(value, str) else ""

    def member(self, *path: str) -> Any:
        """Return the value at a path of the document, or None."""
        value: Any = self.document
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value


class MessageSource(Protocol):
    """A source of messages. All methods raise ClientError and BotoCoreError."""

    def count(self) -> int:
        """Return the approximate number of messages."""
        ...

    def messages(self, stopped: Callable[[], bool]) -> Iterator[Message]:
        """Yield every message once, and a deleted message each time that it returns; end early if `stopped` is true."""
        ...

    def not_seen(self) -> int:
        """Return the approximate number of messages that `messages` could not yield."""
        return 0

    def delete(self, message: Message) -> None:  # noqa: ARG002 (by default, nothing is deleted)
        """Delete a message that was delivered. Raises DeletedLate if another reader may have it."""
        return

    def release(self) -> int:
        """Release messages that were not deleted; return the number of messages that stay hidden for a while."""
        return 0


class Route(Protocol):
    """The handling of messages of a kind of dead-letter queue.

    Attributes:
        action: a verb phrase that describes the delivery of `each` message, for the plan.
    """

    action: str

    def facts(self, message: Message) -> Facts:
        """Return the displayable facts of a message."""
        ...

    def check(self, message: Message) -> None:  # noqa: ARG002 (by default, no check)
        """Raise NotRedrivable if a message visibly cannot be redriven; change nothing."""
        return

    def deliver(self, message: Message) -> str:
        """Deliver a message; return the id under which it may return, or an empty string if it never returns.

        Raises:
            NotRedrivable: the message cannot be redriven.
            DeliveryFailed: the delivery failed and may be retried.
            ClientError, BotoCoreError: AWS rejected the call or was unreachable.
        """
        ...


def invoker(clients: Clients) -> "LambdaClient":
    """Create a client that calls functions, which may run for 15 minutes.

    A call without an answer is not repeated, because the function may still run.
    """
    return clients("lambda", once=True, read_timeout=905)


BATCH = 10
"""SQS limit: messages per call."""

HIDDEN_SECONDS = 900
"""The visibility timeout of a received message: longer than ten slow deliveries."""

FRESH_SECONDS = HIDDEN_SECONDS // 2
"""The minimum of remaining hidden time when a delivery begins; otherwise the message is received again."""

WAIT_SECONDS = 1
"""With one second or more, SQS queries all of its servers; short polling may miss messages."""

QUIET_RECEIVES = 2
"""The number of empty receives after which the queue's counts are read."""

LONGEST_QUIET = 60
"""The number of empty receives that ends the reading, independent of the queue's counts. They take a minute, after
which the counts are consistent (SQS API reference, GetQueueAttributes)."""


def counts(queues: "SQSClient", url: str) -> tuple[int, int]:
    """Return the approximate numbers of visible and of hidden messages of a queue."""
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    answer = queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return int(answer[names[0]]), int(answer[names[1]])


@dataclass(frozen=True)
class Held:
    """A received message, and the time at which it becomes visible again."""

    message: Message
    until: datetime


class QueueReader(MessageSource):
    """A dead-letter queue. Holds each received message until it is deleted, released, or visible again."""

    def __init__(self, client: "SQSClient", url: str, clock: Clock) -> None:
        self._client = client
        self._url = url
        self._clock = clock
        self._held: dict[str, Held] = {}
        self._seen: set[str] = set()
        self._deleted: set[str] = set()
        self._not_seen = 0

    def count(self) -> int:
        """Return the approximate number of visible messages."""
        return counts(self._client, self._url)[0]

    def not_seen(self) -> int:
        """Return the approximate number of messages that other readers or SQS's in-flight limit withheld."""
        return self._not_seen

    def messages(self, stopped: Callable[[], bool]) -> Iterator[Message]:
        """Yield every message once, in SQS's order, and a deleted message each time that SQS returns it again.

        End when the queue is empty, or when SQS returns no message for a minute. Also end when SQS returns only
        messages that were already yielded or sent since the start, for the duration of the visibility timeout.
        """
        began = newest = self._clock.now()
        quiet = old = 0
        while not stopped() and self._continues(quiet, old, newest):
            received = self._receive()
            quiet, old = 0 if received else quiet + 1, old + 1
            for message in self._fresh(received):
                yield message
                if message.sent < began:
                    newest, old = self._clock.now(), 0

    def delete(self, message: Message) -> None:
        """Delete a message by its newest receipt. Raises DeletedLate if it was visible again before the deletion."""
        entry = self._held[message.id]
        self._deleted.add(message.id)
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=entry.message.receipt)
        del self._held[message.id]
        if not self._is_hidden(entry):
            raise DeletedLate(
                f"its delivery took more than {HIDDEN_SECONDS} seconds, and another reader may have received it"
            )

    def release(self) -> int:
        """Make held messages visible; return the number of messages that stay hidden because SQS failed."""
        messages = [entry.message for entry in self._held.values() if self._is_hidden(entry)]
        self._held.clear()
        return sum(self._make_visible(messages[start : start + BATCH]) for start in range(0, len(messages), BATCH))

    def _continues(self, quiet: int, old: int, newest: datetime) -> bool:
        """Return whether to receive again, after `quiet` empty receives and `old` receives without a new message."""
        idle = old >= LONGEST_QUIET and self._clock.now() - newest >= timedelta(seconds=HIDDEN_SECONDS)
        if quiet < QUIET_RECEIVES and not idle:
            return True
        visible, hidden = counts(self._client, self._url)
        held_here = sum(self._is_hidden(entry) for number, entry in self._held.items() if number in self._seen)
        self._not_seen = visible + max(0, hidden - held_here)
        return self._not_seen > 0 and quiet < LONGEST_QUIET and not idle

    def _receive(self) -> list[Message]:
        until = self._clock.now() + timedelta(seconds=HIDDEN_SECONDS)
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        received = {message.id: message for message in map(Message.of, answer.get("Messages", []))}
        self._held |= {number: Held(message, until) for number, message in received.items()}
        return list(received.values())

    def _fresh(self, received: Sequence[Message]) -> Iterator[Message]:
        """Yield new and deleted messages, and release the rest if too little hidden time remains."""
        fresh = [message for message in received if message.id not in self._seen or message.id in self._deleted]
        for number, message in enumerate(fresh):
            if self._held[message.id].until - self._clock.now() < timedelta(seconds=FRESH_SECONDS):
                self._release_now(fresh[number:])
                return
            self._seen.add(message.id)
            yield message

    def _release_now(self, messages: Sequence[Message]) -> None:
        hidden = [message for message in messages if self._is_hidden(self._held[message.id])]
        if not hidden or self._make_visible(hidden) == 0:
            for message in messages:
                del self._held[message.id]

    def _is_hidden(self, entry: Held) -> bool:
        return self._clock.now() < entry.until

    def _make_visible(self, messages: Sequence[Message]) -> int:
        try:
            answer = self._client.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": message.receipt, "VisibilityTimeout": 0}
                    for number, message in enumerate(messages)
                ],
            )
        except AWS_ERRORS:
            return len(messages)
        return len(answer.get("Failed", []))


REASON = "reason"
"""The message attribute with the function's reason to set a message of another context aside."""

_TRACE = "AWSTraceHeader"
"""The only system attribute that a sender may set."""

_VALUES = ("DataType", "StringValue", "BinaryValue")


class SubscriberRoute(Route):
    """The route to the subscriber's queue, or to a work queue, with body and attributes unchanged.

    A message of a FIFO queue keeps its group. Its deduplication id is the dead letter's id: SQS would discard a message
    with the id of its first sending within five minutes, and the redrive would delete the dead letter.
    """

    def __init__(self, queues: "SQSClient", url: str) -> None:
        self._queues = queues
        self._url = url
        self.action = f"send each to the queue {url.rpartition('/')[2]}"

    def facts(self, message: Message) -> Facts:
        """Return the facts of a CloudEvent; messages that SQS itself moved name their source queue."""
        moved = "DeadLetterQueueSourceArn" in message.system
        return Facts(
            id=message.text("id"),
            type=message.text("type") or message.attribute("type"),
            subject=message.text("subject"),
            source=message.text("source"),
            reason="received too often" if moved else "",
        )

    def deliver(self, message: Message) -> str:
        """Send the message; return the new message's id."""
        attributes: Any = {name: _value(value) for name, value in message.attributes.items()}
        trace: Any = {}
        if _TRACE in message.system:
            trace[_TRACE] = {"DataType": "String", "StringValue": message.system[_TRACE]}
        answer = self._queues.send_message(
            QueueUrl=self._url,
            MessageBody=message.body,
            MessageAttributes=attributes,
            MessageSystemAttributes=trace,
            **_of_group(message, self._url),
        )
        return answer["MessageId"]


class ArchiveRoute(SubscriberRoute):
    """The route of events to the stream of an archive."""

    def __init__(self, streams: "FirehoseClient", name: str) -> None:
        self._streams = streams
        self._name = name
        self.action = f"send each to the stream {name}"

    def deliver(self, message: Message) -> str:
        """Send the message, which never returns; return an empty text."""
        self._streams.put_record(DeliveryStreamName=self._name, Record={"Data": message.body.encode()})
        return ""


class InboundRoute(SubscriberRoute):
    """The route of other contexts' events to the inbound queue, to be processed again."""

    def facts(self, message: Message) -> Facts:
        """Return the facts of a CloudEvent, and the function's reason if it set the event aside."""
        facts = super().facts(message)
        return replace(facts, reason=message.attribute(REASON) or facts.reason)

    def deliver(self, message: Message) -> str:
        """Send the message without the reason; return the new message's id."""
        attributes = {name: value for name, value in message.attributes.items() if name != REASON}
        return super().deliver(replace(message, attributes=attributes))


def _of_group(message: Message, url: str) -> dict[str, Any]:
    if not url.endswith(FIFO):
        return {}
    return {"MessageGroupId": message.group, "MessageDeduplicationId": message.id}


def _value(attribute: Any) -> dict[str, Any]:
    return {name: attribute[name] for name in _VALUES if name in attribute}
