"""A dead-letter queue as its reader: receives, hides, puts back, deletes."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..rollout.errors import AWS_ERRORS
from .messages import Message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH = 10
"""The most that SQS takes or gives in one call."""

HIDDEN_SECONDS = 900
"""How long a received message stays invisible: more than ten slow deliveries take."""

WAIT_SECONDS = 1
"""From one second on SQS asks all of its servers; without waiting it may find nothing where there is something."""

QUIET_RECEIVES = 2
"""So many receives without a new message say that all were seen."""


class QueueReader:
    """One dead-letter queue. What it has received it holds until that is deleted or released."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url
        self._held: dict[str, Message] = {}
        self._seen: set[str] = set()

    def count(self) -> int:
        """About how many messages can be received. Raises ClientError and BotoCoreError, as all of these do."""
        answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def messages(self) -> Iterator[Message]:
        """Every message once, in whatever order SQS gives them."""
        quiet = 0
        while quiet < QUIET_RECEIVES:
            received = self._receive()
            self._held |= received
            fresh = [message for message in received.values() if message.id not in self._seen]
            self._seen |= received.keys()
            quiet = 0 if fresh else quiet + 1
            yield from fresh

    def delete(self, message: Message) -> None:
        """Delete a message that is held."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=self._held[message.id].receipt)
        del self._held[message.id]

    def release(self) -> int:
        """Make visible what is held; returns how many stay hidden for a while, since SQS did not do it."""
        held = list(self._held.values())
        self._held.clear()
        return sum(self._show(held[start : start + BATCH]) for start in range(0, len(held), BATCH))

    def _receive(self) -> dict[str, Message]:
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = map(Message.of, answer.get("Messages", []))
        return {message.id: message for message in messages}

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
