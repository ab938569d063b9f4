"""Reading of a dead-letter queue: receives, hides, releases and deletes messages."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ...command.aws_errors import AWS_ERRORS
from ...command.clock import Clock
from .message import DeletedLate, Message
from .route import Source

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

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


class QueueReader(Source):
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
        held = self._held[message.id]
        self._deleted.add(message.id)
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=held.message.receipt)
        del self._held[message.id]
        if not self._is_hidden(held):
            raise DeletedLate(
                f"its delivery took more than {HIDDEN_SECONDS} seconds, and another reader may have received it"
            )

    def release(self) -> int:
        """Make held messages visible; return the number of messages that stay hidden because SQS failed."""
        held = [entry.message for entry in self._held.values() if self._is_hidden(entry)]
        self._held.clear()
        return sum(self._make_visible(held[start : start + BATCH]) for start in range(0, len(held), BATCH))

    def _continues(self, quiet: int, old: int, newest: datetime) -> bool:
        """Return whether to receive again, after `quiet` empty receives and `old` receives without a new message."""
        idle = old >= LONGEST_QUIET and self._clock.now() - newest >= timedelta(seconds=HIDDEN_SECONDS)
        if quiet < QUIET_RECEIVES and not idle:
            return True
        visible, hidden = counts(self._client, self._url)
        held_here = sum(self._is_hidden(held) for number, held in self._held.items() if number in self._seen)
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
        wanted = [message for message in received if message.id not in self._seen or message.id in self._deleted]
        for number, message in enumerate(wanted):
            if self._held[message.id].until - self._clock.now() < timedelta(seconds=FRESH_SECONDS):
                self._release_now(wanted[number:])
                return
            self._seen.add(message.id)
            yield message

    def _release_now(self, messages: Sequence[Message]) -> None:
        hidden = [message for message in messages if self._is_hidden(self._held[message.id])]
        if not hidden or self._make_visible(hidden) == 0:
            for message in messages:
                del self._held[message.id]

    def _is_hidden(self, held: Held) -> bool:
        return self._clock.now() < held.until

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
