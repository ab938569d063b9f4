"""An event as it arrives, read by what this consumer needs and nothing else.

Whatever else is in it is passed over: members, fields and minor versions come without a warning, as the contract says.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self


class Unreadable(Exception):
    """A message that lacks what this consumer needs. It ends among the dead letters, to be sent again one day."""


@dataclass(frozen=True)
class Event:
    """One event: what happened to whom, when compared with other events of the same subject, and its data.

    `sequence` is text: of two events of one subject, the later one has the greater.
    """

    id: str
    source: str
    type: str
    subject: str
    sequence: str
    data: dict[str, Any]

    @classmethod
    def read(cls, body: str) -> Self:
        """Read the body of a message, a CloudEvent in its JSON format. Raises Unreadable; its text quotes no value."""
        try:
            # DynamoDB takes decimals and no floats.
            event = json.loads(body, parse_float=Decimal)
        except ValueError:
            raise Unreadable("the message is no JSON") from None
        if not isinstance(event, dict):
            raise Unreadable("the message is no JSON object")
        texts = {name: _text(event, name) for name in ("id", "source", "type", "subject")}
        # The events of a list have no sequence, and a data of another form is another event's business.
        return cls(**texts, sequence=event.get("sequence") or "", data=event.get("data") or {})


def _text(event: dict[str, Any], name: str) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"the event has no {name}")
    return value
