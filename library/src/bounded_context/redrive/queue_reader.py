"""A dead-letter queue as its reader: receives, hides, puts back, deletes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..rollout.clock import Clock
from ..rollout.errors import AWS_ERRORS
from .errors import Late
from .messages import Message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH = 10
"""The most that SQS takes or gives in one call."""

HIDDEN_SECONDS = 900
"""How long a received message stays invisible: more than ten slow deliveries take."""

FRESH_SECONDS = HIDDEN_SECONDS // 2
"""How long a message must still be hidden when its delivery begins; otherwise it is received again first."""

WAIT_SECONDS = 1
"""From one second on SQS asks all of its servers; without waiting it may find nothing where there is something."""

QUIET_RECEIVES = 2
"""Receives without a message after which the queue's counts are read."""

LONGEST_QUIET = 60
"""Receives without a message after which the queue counts as read, whatever its counts are. They take a minute, after
which the counts have caught up (SQS API reference, GetQueueAttributes)."""


@dataclass(frozen=True)
class Held:
    """A message in hand, and when others can receive it again."""

    message: Message
    until: datetime


class QueueReader:
    """One dead-letter queue. Holds each received message until it is deleted, released, or visible again."""

    def __init__(self, client: "SQSClient", url: str, clock: Clock) -> None:
        self._client = client
        self._url = url
        self._clock = clock
        self._held: dict[str, Held] = {}
        self._seen: set[str] = set()
        self._deleted: set[str] = set()
        self._not_seen = 0

    def count(self) -> int:
        """About how many messages can be received. Raises ClientError and BotoCoreError, as all of these do."""
        return self._counts()[0]

    def not_seen(self) -> int:
        """About how many messages could not be received: others hold them, or too many are in flight."""
        return self._not_seen

    def messages(self, stopped: Callable[[], bool]) -> Iterator[Message]:
        """Yield every message once, in the order of SQS, and a deleted message each time that SQS gives it again.

        Ends when the queue is empty. Also ends if SQS gives no message for a minute, or if it gives only messages that
        were yielded before or sent since the start, for as long as a message is hidden.
        """
        began = newest = self._clock.now()
        quiet = old = 0
        while not stopped() and self._goes_on(quiet, old, newest):
            received = self._receive()
            quiet, old = 0 if received else quiet + 1, old + 1
            for message in self._fresh(received):
                yield message
                if message.sent < began:
                    newest, old = self._clock.now(), 0

    def delete(self, message: Message) -> None:
        """Delete a message by its newest receipt. Raises Late if others could receive it before that."""
        held = self._held[message.id]
        self._deleted.add(message.id)
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=held.message.receipt)
        del self._held[message.id]
        if not self._is_hidden(held):
            raise Late(f"its delivery took more than {HIDDEN_SECONDS} seconds, so another reader may have received it")

    def release(self) -> int:
        """Make visible what is held; returns how many stay hidden for a while, since SQS did not do it."""
        held = [one.message for one in self._held.values() if self._is_hidden(one)]
        self._held.clear()
        return sum(self._show(held[start : start + BATCH]) for start in range(0, len(held), BATCH))

    def _goes_on(self, quiet: int, old: int, newest: datetime) -> bool:
        """Whether to receive again, after `quiet` receives without a message and `old` receives without a new one."""
        idle = old >= LONGEST_QUIET and self._clock.now() - newest >= timedelta(seconds=HIDDEN_SECONDS)
        if quiet < QUIET_RECEIVES and not idle:
            return True
        visible, hidden = self._counts()
        own = sum(self._is_hidden(held) for number, held in self._held.items() if number in self._seen)
        self._not_seen = visible + max(0, hidden - own)
        return self._not_seen > 0 and quiet < LONGEST_QUIET and not idle

    def _counts(self) -> tuple[int, int]:
        """About how many messages are visible, and how many are hidden."""
        answer = self._client.get_queue_attributes(
            QueueUrl=self._url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return int(answer["ApproximateNumberOfMessages"]), int(answer["ApproximateNumberOfMessagesNotVisible"])

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
        """Yield new and deleted messages, and put the rest back once they have waited too long for their turn."""
        wanted = [one for one in received if one.id not in self._seen or one.id in self._deleted]
        for number, message in enumerate(wanted):
            if self._held[message.id].until - self._clock.now() < timedelta(seconds=FRESH_SECONDS):
                self._put_back(wanted[number:])
                return
            self._seen.add(message.id)
            yield message

    def _put_back(self, messages: Sequence[Message]) -> None:
        hidden = [message for message in messages if self._is_hidden(self._held[message.id])]
        if not hidden or self._show(hidden) == 0:
            for message in messages:
                del self._held[message.id]

    def _is_hidden(self, held: Held) -> bool:
        return self._clock.now() < held.until

    def _show(self, messages: Sequence[Message]) -> int:
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
