"""What is done with a message of another context: it is read, and what it says of a thing is kept if it is news."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Protocol

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ..domain.events import SOURCE
from ..domain.fields import Written
from ..domain.projection import ForeignEvent, Standing, order_key

LONGEST_SUBJECT = 200
"""Characters: a row of a list may refer to nothing longer."""

LONGEST_ID = 500
"""Characters, so that the item that keeps the id stays small; those of this template's events have 32."""


_TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
"""As RFC 3339 writes it, which CloudEvents asks for; pydantic would take seconds since 1970 too."""


class PoisonReason(StrEnum):
    """Why no later try could take a message either."""

    NOT_JSON = "not-json"
    NO_EVENT = "no-cloud-event"
    SOURCE = "unknown-source"
    SUBJECT = "no-subject"
    ORDER = "no-order"


class Poison(Exception):
    """A message that can never be applied. Its text is the reason's code and quotes nothing."""

    def __init__(self, reason: PoisonReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Applied(StrEnum):
    """What became of a message that could be read."""

    APPLIED = "applied"
    STALE = "stale"
    IGNORED = "ignored"


_OURS: Final = (SOURCE, "list")
"""Whose items are this context's own."""


def _of_others(thing: str) -> str:
    if thing in _OURS:
        raise ValueError("another context's events would overwrite items of this one")
    return thing


class Consumed(BaseModel):
    """What is heard of one context: after an event of a type in ``known`` a thing exists for us, in ``gone`` not.

    ``thing`` says what kind of thing, in snake_case: what is known of each is kept under this name.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    thing: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$"), AfterValidator(_of_others)]
    known: frozenset[str]
    gone: frozenset[str]

    def standing(self, event_type: str) -> Standing | None:
        """Return what an event of this type says of its subject; None if nothing."""
        if event_type in self.gone:
            return Standing.GONE
        return Standing.KNOWN if event_type in self.known else None


class Envelope(BaseModel):
    """A CloudEvent 1.0 in its JSON form, as far as every one must be good. Other members are its producer's matter."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    specversion: Literal["1.0"]
    id: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
    source: Annotated[str, Field(min_length=1)]
    type: Annotated[str, Field(min_length=1)]


class _Subject(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    subject: Annotated[str, Field(min_length=1, max_length=LONGEST_SUBJECT)]


class _Order(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    sequence: Annotated[str, Field(pattern=r"^[0-9]{1,40}$")] | None = None
    time: Annotated[AwareDatetime, Written(_TIMESTAMP)] | None = None


@dataclass(frozen=True)
class Message:
    """A message that can be read: ``event`` is what it says of a thing, None if its type is none that counts here."""

    envelope: Envelope
    event: ForeignEvent | None


class Projection(Protocol):
    """What this context keeps of other contexts' things."""

    def apply(self, event: ForeignEvent) -> bool:
        """Keep what an event says if it is newer than what is kept of its subject; return whether it was."""
        ...


def read(body: str, consumes: Mapping[str, Consumed]) -> Message:
    """Read a message's body by what is heard of each context (by its name, as ``source`` has it).

    What a producer may add at any time is tolerated: members, versions of its data, types of events.

    Raises:
        Poison: it can be no event that anybody should act on.
    """
    document = _document(body)
    envelope = _checked(Envelope, document, PoisonReason.NO_EVENT)
    consumed = consumes.get(_name(envelope.source))
    if consumed is None:
        raise Poison(PoisonReason.SOURCE)
    standing = consumed.standing(envelope.type)
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
