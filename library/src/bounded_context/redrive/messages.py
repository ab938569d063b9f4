"""What is in a dead-letter queue."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageAttributeValueOutputTypeDef, MessageTypeDef


@dataclass(frozen=True)
class About:
    """What may be shown of a message: whose it is and why it is here, and nothing of what it says.

    All are empty where they are not known.
    """

    id: str = ""
    type: str = ""
    subject: str = ""
    source: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Message:
    """A message of a dead-letter queue, as it was received. Its `id` is SQS's, which it kept when it was moved here."""

    id: str
    receipt: str
    body: str
    attributes: "Mapping[str, MessageAttributeValueOutputTypeDef]"
    system: Mapping[str, str]

    @classmethod
    def of(cls, message: "MessageTypeDef") -> Self:
        """Read a received message."""
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
        """When it was first sent, in UTC; a move to the dead letters does not change that."""
        return datetime.fromtimestamp(int(self.system["SentTimestamp"]) / 1000, UTC)

    @property
    def receives(self) -> int:
        """How often it was received."""
        return int(self.system["ApproximateReceiveCount"])

    def attribute(self, name: str) -> str:
        """The text of a message attribute, empty without one."""
        return self.attributes.get(name, {}).get("StringValue", "")

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The body as a JSON object, empty if it is none or is nested deeper than Python reads."""
        try:
            read = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return read if isinstance(read, dict) else {}

    def text(self, *path: str) -> str:
        """The text at a path of the document, empty if there is none."""
        value = self.member(*path)
        return value if isinstance(value, str) else ""

    def member(self, *path: str) -> Any:
        """What is at a path of the document, None if there is nothing."""
        value: Any = self.document
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value
