"""What other contexts said about things of theirs, and which of two such events counts.

The rule is a total order, so any events of one thing give the same result in any order and however often each comes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

SEQUENCE_DIGITS: Final = 40
"""The most that the sequence number of a DynamoDB stream has (DynamoDB Streams API reference, StreamRecord)."""


class Standing(StrEnum):
    """Whether a thing of another context exists for us. What is gone leaves its record, for events that are late."""

    KNOWN = "KNOWN"
    GONE = "GONE"


@dataclass(frozen=True)
class ForeignEvent:
    """An event of another context, as far as this one keeps it.

    ``thing`` is the kind of what it is about, in snake_case, and ``subject`` which one of these; ``order`` is its place
    among those of its subject.
    """

    thing: str
    subject: str
    standing: Standing
    order: str
    event_id: str
    event_type: str
    source: str


def order_key(event_id: str, sequence: str | None, time: datetime | None) -> str:
    """Return the text by which events of one subject are ordered: the greater is the newer.

    Events with a ``sequence`` (CloudEvents' extension, digits) are ordered by it, and are newer than all without; those
    are ordered by ``time``, which clocks give. Two of one time are ordered by their ids: whichever it is, everybody
    who hears of them keeps the same one.

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
    """Return the event that counts: the kept one unless the other is newer. One that comes again changes nothing."""
    return event if kept is None or event.order > kept.order else kept
