"""Routes back to a queue, for messages that a consumer could not process, or SNS could not deliver."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .message import Facts, Message
from .route import Route

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

REASON = "reason"
"""The message attribute with the function's reason to set a message of another context aside."""

_TRACE = "AWSTraceHeader"
"""The only system attribute that a sender may set."""

_VALUES = ("DataType", "StringValue", "BinaryValue")


class SubscriberRoute(Route):
    """The route to the subscriber's queue, with body and attributes unchanged."""

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
        )
        return answer["MessageId"]


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


def _value(attribute: Any) -> dict[str, Any]:
    return {name: attribute[name] for name in _VALUES if name in attribute}
