"""What other contexts and partners send: the messages of other contexts, and uploads without a recorded list.

The event of a message is stored if it is newer than the stored event.
"""

import heapq
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count, islice
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ..domain.events import Consumed, ForeignEvent, Standing, label, order_key
from ..domain.faults import Poison, PoisonReason
from ..domain.fields import Written
from ..domain.lists import StoredVersion, is_list, is_temporary
from .ports import Files, Lists, Projection

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
    """A message that can be read. ``event`` is None if its type is not consumed.

    ``time`` is the event's time, and ``document`` has all members of the message.
    """

    envelope: Envelope
    event: ForeignEvent | None
    time: datetime | None = None
    document: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


def read(body: str, consumes: Mapping[str, Consumed], copied: Mapping[str, Sequence[str]] | None = None) -> Message:
    """Parse a message's body by the consumed events of each context (by its name, as ``source`` has it).

    ``copied`` has the fields of the copy, by the kind of the other context's aggregate.

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
    if standing is None:
        return Message(envelope, None, document=document)
    event, time = _event(document, envelope, consumed.aggregate, standing)
    if fields := (copied or {}).get(consumed.aggregate):
        event = replace(event, copied=_copy(document.get("data"), fields))
    return Message(envelope, event, time, document)


def _copy(data: Any, fields: Sequence[str]) -> str:
    values = data if isinstance(data, dict) else {}
    return json.dumps({name: values[name] for name in fields if values.get(name) is not None})


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


def _event(
    document: Any, envelope: Envelope, aggregate: str, standing: Standing
) -> tuple[ForeignEvent, datetime | None]:
    members = _validate(_Subject, document, PoisonReason.SUBJECT)
    place = _validate(_Order, document, PoisonReason.ORDER)
    try:
        order = order_key(envelope.id, place.sequence, place.time)
    except ValueError:
        raise Poison(PoisonReason.ORDER) from None
    ids = envelope.id, envelope.type, envelope.source
    return ForeignEvent(aggregate, members.subject, standing, order, *ids), place.time


def _validate(kind: Any, document: Any, reason: PoisonReason) -> Any:
    try:
        return kind.model_validate(document)
    except ValidationError:
        # Without the cause, which adds no information.
        raise Poison(reason) from None


AGE: Final = timedelta(minutes=15)
"""The minimum age of an unseen upload. A list is recorded seconds after its upload; the retry of an event may take
longer."""

REACH: Final = timedelta(days=14)
"""The maximum age of an unseen upload: the retention of dead-letter queues, and half of the time for which the bucket
keeps replaced versions. The setting `incoming_days` keeps every upload at least as long."""

Place = tuple[datetime, str, str]
"""An upload's position among all uploads: the time at which it was stored, its key, its version."""

BATCH: Final = 50
"""Versions that are compared at a time: each has two ids, and BatchGetItem takes 100 keys."""


def unseen(
    files: Files, lists: Lists, now: datetime, age: timedelta = AGE, temporary: Collection[str] = ()
) -> Iterator[StoredVersion]:
    """Yield the versions of files that were stored at least ``age`` before ``now`` and have no recorded list.

    Skips folders, files outside of partners' folders, and files with an ending in ``temporary``. Also skips the remains
    of a broken upload, if its event had a tag. Holds ``BATCH`` versions at a time, in the order of ``files``.
    """
    recent = (version for version in files.arrived() if age <= now - version.modified <= REACH)
    lists_only = (
        version for version in recent if is_list(version.file) and not is_temporary(version.file.key, temporary)
    )
    while batch := list(islice(lists_only, BATCH)):
        yield from _unrecorded(lists, batch)


def place(version: StoredVersion) -> Place:
    """Return the position of a version."""
    return version.modified, version.file.key, version.file.version_id


def oldest(versions: Iterable[StoredVersion], most: int, after: Place | None = None) -> tuple[list[StoredVersion], int]:
    """Return the first ``most`` versions after a position, oldest first, and the number of further versions.

    Holds at most ``most`` versions at a time.
    """
    numbers = count()
    later = (version for version in versions if after is None or place(version) > after)
    page = heapq.nsmallest(most, (version for version, _ in zip(later, numbers, strict=False)), key=place)
    return page, next(numbers) - len(page)


def _unrecorded(lists: Lists, batch: Sequence[StoredVersion]) -> Iterator[StoredVersion]:
    recorded = lists.recorded([list_id for version in batch for list_id in _ids(version)])
    return (version for version in batch if recorded.isdisjoint(_ids(version)))


def _ids(version: StoredVersion) -> Iterator[str]:
    yield version.file.list_id
    yield version.file.broken_off(version.etag).list_id
