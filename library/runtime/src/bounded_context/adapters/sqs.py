"""The dead-letter queue, through boto3, for messages that a function itself moves there."""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

REASON: Final = "reason"
"""The message attribute with the reason why the message was moved."""

_MOST_ATTRIBUTES: Final = 10
"""The maximum attributes of a message (AWS limit)."""


class DeadLetters:
    """The queue of unchanged messages with the reason of each."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def bury(self, body: str, attributes: Mapping[str, Mapping[str, Any]], reason: str) -> None:
        """Send a message: its body, its attributes as Lambda received them, and the reason as a further attribute.

        If the message already has the maximum of attributes, the reason replaces the last.
        """
        kept = [(name, _attribute(value)) for name, value in attributes.items() if name != REASON]
        reason_attribute: MessageAttributeValueTypeDef = {"DataType": "String", "StringValue": reason}
        everything = {**dict(kept[: _MOST_ATTRIBUTES - 1]), REASON: reason_attribute}
        self._client.send_message(QueueUrl=self._url, MessageBody=body, MessageAttributes=everything)


def _attribute(given: Mapping[str, Any]) -> "MessageAttributeValueTypeDef":
    """Return an attribute of a Lambda event in the form of SQS's API: other capitals, and binary values as bytes."""
    kind = given["dataType"]
    if kind.startswith("Binary"):
        return {"DataType": kind, "BinaryValue": base64.b64decode(given["binaryValue"])}
    return {"DataType": kind, "StringValue": given["stringValue"]}
