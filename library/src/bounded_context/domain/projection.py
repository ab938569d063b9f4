"""The projection of other contexts' events: whether a subject exists, and which of two events is newer.

The order is total: the events of a subject give the same result in any order and with any repetitions.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

SEQUENCE_DIGITS: Final = 40
"""The maximum length of a DynamoDB stream's sequence number (DynamoDB Streams API reference, StreamRecord)."""


class Standing(StrEnum):
    """Whether another context's aggregate exists for this context. Gone aggregates keep a record, for late events."""

    KNOWN = "KNOWN"
    GONE = "GONE"


@dataclass(frozen=True)
class ForeignEvent:
    """The stored members of another context's event.

    ``thing`` is the kind of its subject, in snake_case, and ``subject`` the subject's id; ``order`` is the event's
    position among the events of the subject.
    """

    thing: str
    subject: str
    standing: Standing
    order: str
    event_id: str
    event_type: str
    source: str


def order_key(event_id: str, sequence: str | None, time: datetime | None) -> str:
    """Return the text by which the events of a subject are ordered: the greater is the newer.

    Events with a ``sequence`` (CloudEvents' extension, digits) are newer than all events without, and ordered by it.
    Events without are ordered by ``time``, which depends on clocks. Two events of the same time are ordered by their
    ids: all receivers then keep the same event.

    Raises:
        ValueError: there is neither, or the time is outside the calendar in UTC.
    """
    if sequence is not None:
        return f"1{sequence.zfill(SEQUENCE_DIGITS)}#{event_id}"
    if time is None:
        raise ValueError("an event has neither sequence nor time")
    try:
        utc = time.astimezone(UTC)
    except OverflowError:
        raise ValueError("an event's time is outside the calendar") from None
    return f"0{utc.isoformat(timespec='microseconds')}#{event_id}"


def newer(event: ForeignEvent, kept: ForeignEvent | None) -> ForeignEvent:
    """Return the newer event. A repetition of the kept event changes nothing."""
    return event if kept is None or event.order > kept.order else kept
