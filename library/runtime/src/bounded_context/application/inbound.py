"""Another context's messages: parses a message, and stores its event if it is newer than the stored event."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ..domain.events import label
from ..domain.faults import Poison, PoisonReason
from ..domain.fields import Written
from ..domain.projection import Consumed, ForeignEvent, Standing, order_key
from .ports import Projection

LONGEST_SUBJECT = 200
"""The maximum length of a subject in characters: a row of a list cannot refer to a longer id."""

LONGEST_ID = 500
"""The maximum length of an event id in characters, for small items. The ids of this template's events have 32."""


_TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
"""The form of RFC 3339, which CloudEvents requires; pydantic alone would accept seconds since 1970 too."""

_SCHEMA = re.compile(r"urn:event-schema:[^:]+:[^:]+:(?P<version>[0-9]{1,9}\.[0-9]{1,9})")
"""The name of an event's schema in contexts of this platform (`domain.events.Source.schema_of`)."""


class Applied(StrEnum):
    """The result of a message that could be read."""

    APPLIED = "applied"
    STALE = "stale"
    IGNORED = "ignored"


class Envelope(BaseModel):
    """The members of a CloudEvent 1.0 in its JSON form that every event must have. Further members are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True)

    specversion: Literal["1.0"]
    id: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
    source: Annotated[str, Field(min_length=1)]
    type: Annotated[str, Field(min_length=1)]
    dataschema: Any = None

    @property
    def label(self) -> str:
        """The event's type, with its major version from 2 on if the schema is named by a context of this platform."""
        match = _SCHEMA.fullmatch(self.dataschema) if isinstance(self.dataschema, str) else None
        return label(self.type, match["version"]) if match else self.type


class _Subject(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True)

    subject: Annotated[str, Field(min_length=1, max_length=LONGEST_SUBJECT)]


class _Order(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True)

    sequence: Annotated[str, Field(pattern=r"^[0-9]{1,40}$")] | None = None
    time: Annotated[AwareDatetime, Written(_TIMESTAMP)] | None = None


@dataclass(frozen=True)
class Message:
    """A message that can be read. ``event`` is None if its type is not consumed."""

    envelope: Envelope
    event: ForeignEvent | None


def read(body: str, consumes: Mapping[str, Consumed]) -> Message:
    """Parse a message's body by the consumed events of each context (by its name, as ``source`` has it).

    Unknown members, versions of the data and types of events are accepted: a producer may add them at any time.

    Raises:
        Poison: the message is not an event, or not of a consumed context.
    """
    document = _document(body)
    envelope = _validate(Envelope, document, PoisonReason.NO_EVENT)
    consumed = consumes.get(_name(envelope.source))
    if consumed is None:
        raise Poison(PoisonReason.SOURCE)
    standing = consumed.standing(envelope.label) or consumed.standing(envelope.type)
    return Message(envelope, None if standing is None else _event(document, envelope, consumed.aggregate, standing))


def apply(message: Message, projection: Projection) -> Applied:
    """Store the event of a message, and return whether it changed the projection."""
    if message.event is None:
        return Applied.IGNORED
    return Applied.APPLIED if projection.apply(message.event) else Applied.STALE


def by_name(consumes: Mapping[str, Consumed]) -> dict[str, Consumed]:
    """Return the consumed events by the name that `read` looks up: the context's, with dashes for underscores."""
    return {_name(context): consumed for context, consumed in consumes.items()}


def _name(source: str) -> str:
    return source.replace("_", "-")


def _document(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Poison(PoisonReason.NOT_JSON) from None


def _event(document: Any, envelope: Envelope, aggregate: str, standing: Standing) -> ForeignEvent:
    members = _validate(_Subject, document, PoisonReason.SUBJECT)
    place = _validate(_Order, document, PoisonReason.ORDER)
    try:
        order = order_key(envelope.id, place.sequence, place.time)
    except ValueError:
        raise Poison(PoisonReason.ORDER) from None
    return ForeignEvent(aggregate, members.subject, standing, order, envelope.id, envelope.type, envelope.source)


def _validate(kind: Any, document: Any, reason: PoisonReason) -> Any:
    try:
        return kind.model_validate(document)
    except ValidationError:
        # Without the cause, which adds no information.
        raise Poison(reason) from None
