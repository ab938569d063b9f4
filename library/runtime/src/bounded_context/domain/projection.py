"""The projection of other contexts' events: whether a subject exists, and which of two events is newer.

The order is total: the events of a subject give the same result in any order and with any repetitions.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

SEQUENCE_DIGITS: Final = 40
"""The maximum length of a DynamoDB stream's sequence number (DynamoDB Streams API reference, StreamRecord)."""


class Standing(StrEnum):
    """Whether another context's aggregate exists for this context. Gone aggregates keep a record, for late events."""

    KNOWN = "KNOWN"
    GONE = "GONE"


@dataclass(frozen=True)
class ForeignEvent:
    """The stored members of another context's event.

    ``aggregate`` is the name of its aggregate in snake_case, and ``subject`` the aggregate's id. ``order`` is the
    event's position among the events of the subject.
    """

    aggregate: str
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


def newer(event: ForeignEvent, stored: ForeignEvent | None) -> ForeignEvent:
    """Return the newer event. A repetition of the kept event has no effect."""
    return event if stored is None or event.order > stored.order else stored


class Consumed(BaseModel):
    """The consumed events of another context.

    Events of the types in ``created_by`` add the event's subject to the projection. Events of the types in
    ``deleted_by`` delete the subject. ``aggregate`` is the name of the other context's aggregate in snake_case, and
    begins the keys of its items. If this context is passed as pydantic's validation context, ``aggregate`` must not be
    the name of its own items.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)

    aggregate: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    created_by: frozenset[str]
    deleted_by: frozenset[str]

    @field_validator("aggregate")
    @classmethod
    def _of_others(cls, aggregate: str, info: ValidationInfo) -> str:
        own = ("list", getattr(info.context, "name", None))
        if aggregate in own:
            raise ValueError("another context's events would overwrite items of this one")
        return aggregate

    def standing(self, event_type: str) -> Standing | None:
        """Return the standing that an event of this type gives its subject; None if the type is not consumed."""
        if event_type in self.deleted_by:
            return Standing.GONE
        return Standing.KNOWN if event_type in self.created_by else None
