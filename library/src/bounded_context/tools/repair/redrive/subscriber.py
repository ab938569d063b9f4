"""Redrive of a subscriber's messages that its consumer could not process, or SNS could not deliver."""

from typing import TYPE_CHECKING, Any

from .messages import About, Message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

TRACE = "AWSTraceHeader"
"""The only system attribute that a sender may set."""

_VALUES = ("DataType", "StringValue", "BinaryValue")


class SubscriberRoute:
    """The route to the subscriber's queue, with body and attributes unchanged."""

    def __init__(self, queues: "SQSClient", url: str) -> None:
        self._queues = queues
        self._url = url
        self.action = f"send each to the queue {url.rpartition('/')[2]}"

    def about(self, message: Message) -> About:
        """Return the facts of a CloudEvent; messages that SQS itself moved name their source queue."""
        moved = "DeadLetterQueueSourceArn" in message.system
        return About(
            id=message.text("id"),
            type=message.text("type") or message.attribute("type"),
            subject=message.text("subject"),
            source=message.text("source"),
            reason="received too often" if moved else "",
        )

    def check(self, message: Message) -> None:
        """Accept every message."""

    def deliver(self, message: Message) -> str:
        """Send the message; return the new message's id."""
        attributes: Any = {name: _value(value) for name, value in message.attributes.items()}
        trace: Any = (
            {TRACE: {"DataType": "String", "StringValue": message.system[TRACE]}} if TRACE in message.system else {}
        )
        answer = self._queues.send_message(
            QueueUrl=self._url,
            MessageBody=message.body,
            MessageAttributes=attributes,
            MessageSystemAttributes=trace,
        )
        return answer["MessageId"]


def _value(attribute: Any) -> dict[str, Any]:
    return {name: attribute[name] for name in _VALUES if name in attribute}
