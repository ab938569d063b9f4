"""What is done with a message of another context: it is read, and what it says of a thing is kept if it is news."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ..domain.consumed import Consumed
from ..domain.events import label
from ..domain.fields import Written
from ..domain.poison import Poison, PoisonReason
from ..domain.projection import ForeignEvent, Standing, order_key
from .ports import Projection

LONGEST_SUBJECT = 200
"""Characters: a row of a list may refer to nothing longer."""

LONGEST_ID = 500
"""Characters, so that the item that keeps the id stays small; those of this template's events have 32."""


_TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
"""As RFC 3339 writes it, which CloudEvents asks for; pydantic would take seconds since 1970 too."""

_SCHEMA = re.compile(r"urn:event-schema:[^:]+:[^:]+:(?P<version>[0-9]{1,9}\.[0-9]{1,9})")
"""How a context of this platform names the schema of an event's data (`domain.events.Source.schema_of`)."""


class Applied(StrEnum):
    """What became of a message that could be read."""

    APPLIED = "applied"
    STALE = "stale"
    IGNORED = "ignored"


class Envelope(BaseModel):
    """A CloudEvent 1.0 in its JSON form, as far as every one must be good. Other members are its producer's matter."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True)

    specversion: Literal["1.0"]
    id: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
    source: Annotated[str, Field(min_length=1)]
    type: Annotated[str, Field(min_length=1)]
    dataschema: Any = None

    @property
    def label(self) -> str:
        """What asks for its major version, where a context of this platform sent it; else its type."""
        named = _SCHEMA.fullmatch(self.dataschema) if isinstance(self.dataschema, str) else None
        return label(self.type, named["version"]) if named else self.type


class _Subject(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True)

    subject: Annotated[str, Field(min_length=1, max_length=LONGEST_SUBJECT)]


class _Order(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True)

    sequence: Annotated[str, Field(pattern=r"^[0-9]{1,40}$")] | None = None
    time: Annotated[AwareDatetime, Written(_TIMESTAMP)] | None = None


@dataclass(frozen=True)
class Message:
    """A message that can be read: ``event`` is what it says of a thing, None if its type does not count here."""

    envelope: Envelope
    event: ForeignEvent | None


def read(body: str, consumes: Mapping[str, Consumed]) -> Message:
    """Read a message's body by what is heard of each context (by its name, as ``source`` has it).

    What a producer may add at any time is tolerated: members, versions of its data, types of events.

    Raises:
        Poison: it cannot be an event that anybody should act on.
    """
    document = _document(body)
    envelope = _checked(Envelope, document, PoisonReason.NO_EVENT)
    consumed = consumes.get(_name(envelope.source))
    if consumed is None:
        raise Poison(PoisonReason.SOURCE)
    standing = consumed.standing(envelope.label) or consumed.standing(envelope.type)
    return Message(envelope, None if standing is None else _event(document, envelope, consumed.thing, standing))


def apply(message: Message, projection: Projection) -> Applied:
    """Keep what a message says, and tell whether that changed anything."""
    if message.event is None:
        return Applied.IGNORED
    return Applied.APPLIED if projection.apply(message.event) else Applied.STALE


def by_name(consumes: Mapping[str, Consumed]) -> dict[str, Consumed]:
    """Return what is heard of each context by its name as `read` looks it up: the setting may write it either way."""
    return {_name(context): consumed for context, consumed in consumes.items()}


def _name(source: str) -> str:
    return source.replace("_", "-")


def _document(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Poison(PoisonReason.NOT_JSON) from None


def _event(document: Any, envelope: Envelope, thing: str, standing: Standing) -> ForeignEvent:
    about = _checked(_Subject, document, PoisonReason.SUBJECT)
    place = _checked(_Order, document, PoisonReason.ORDER)
    try:
        order = order_key(envelope.id, place.sequence, place.time)
    except ValueError:
        raise Poison(PoisonReason.ORDER) from None
    return ForeignEvent(thing, about.subject, standing, order, envelope.id, envelope.type, envelope.source)


def _checked(kind: Any, document: Any, reason: PoisonReason) -> Any:
    try:
        return kind.model_validate(document)
    except ValidationError:
        # Without the cause: it would tell no more than the reason does.
        raise Poison(reason) from None
