"""The dead-letter queue, through boto3, for messages that a function itself puts aside."""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

REASON: Final = "reason"
"""The message attribute that says why a message lies there."""

_MOST_ATTRIBUTES: Final = 10
"""AWS limit for one message."""


class DeadLetters:
    """Takes messages as they came, with the reason."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def bury(self, body: str, attributes: Mapping[str, Mapping[str, Any]], reason: str) -> None:
        """Send a message: its body, its attributes as Lambda hands them over, and the reason as one more.

        Of a message that has as many attributes as SQS takes, the last gives way to the reason.
        """
        kept = [(name, _attribute(value)) for name, value in attributes.items() if name != REASON]
        told: MessageAttributeValueTypeDef = {"DataType": "String", "StringValue": reason}
        everything = {**dict(kept[: _MOST_ATTRIBUTES - 1]), REASON: told}
        self._client.send_message(QueueUrl=self._url, MessageBody=body, MessageAttributes=everything)


def _attribute(given: Mapping[str, Any]) -> "MessageAttributeValueTypeDef":
    """Return an attribute of a Lambda event as SQS's API takes it: other capitals, and bytes that are no text."""
    kind = given["dataType"]
    if kind.startswith("Binary"):
        return {"DataType": kind, "BinaryValue": base64.b64decode(given["binaryValue"])}
    return {"DataType": kind, "StringValue": given["stringValue"]}
