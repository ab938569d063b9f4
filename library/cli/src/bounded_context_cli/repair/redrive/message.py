"""Messages of a dead-letter queue, and the reasons why a message is not redriven."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageAttributeValueOutputTypeDef, MessageTypeDef


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
