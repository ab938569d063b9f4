"""A subscriber's dead letters: what its consumer could not take, or SNS could not deliver."""

from typing import TYPE_CHECKING, Any

from .letters import About, Letter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

TRACE = "AWSTraceHeader"
"""The one system attribute that a sender may set."""

_VALUES = ("DataType", "StringValue", "BinaryValue")


class SubscriberRoute:
    """Back to the subscriber's queue, body and attributes as they are."""

    def __init__(self, queues: "SQSClient", url: str) -> None:
        self._queues = queues
        self._url = url
        self.action = f"send each to the queue {url.rpartition('/')[2]}"

    def about(self, letter: Letter) -> About:
        """A CloudEvent; only what SQS itself moved here names the queue that it comes from."""
        moved = "DeadLetterQueueSourceArn" in letter.system
        return About(
            id=letter.text("id"),
            type=letter.text("type") or letter.attribute("type"),
            subject=letter.text("subject"),
            source=letter.text("source"),
            reason="received too often" if moved else "",
        )

    def check(self, letter: Letter) -> None:
        """Every message can be sent."""

    def deliver(self, letter: Letter) -> str:
        """Send it; returns the new message's id."""
        attributes: Any = {name: _value(value) for name, value in letter.attributes.items()}
        trace: Any = (
            {TRACE: {"DataType": "String", "StringValue": letter.system[TRACE]}} if TRACE in letter.system else {}
        )
        answer = self._queues.send_message(
            QueueUrl=self._url,
            MessageBody=letter.body,
            MessageAttributes=attributes,
            MessageSystemAttributes=trace,
        )
        return answer["MessageId"]


def _value(attribute: Any) -> dict[str, Any]:
    return {name: attribute[name] for name in _VALUES if name in attribute}
