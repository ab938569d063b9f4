"""Events: their envelope, data, labels and order, their traces, and the projection of other contexts' events.

The relay builds events without the models, since it builds hundreds in a call. Tests validate the built events against
the schemas. A field that is added later has a default, as in ``note: Text | None = None``, for events without it that
are still in transit.

Each table of a stack has a stream of its own, whose numbers may begin below those of the stream before. The epoch is
the number of replacements of the table, at the end of the table's name. It is the first part of `sequence`, so events
of a later table are newer. It comes from the name in the stream's ARN. Every version of a function therefore computes
the same `sequence` of a change, and a late redrive of the earlier stream stays older.

Messages and items carry the first notation of a trace (W3C, "Trace Context", version 00):
``00-<32 hex>-<16 hex>-<2 hex>``. Lambda gives the second in ``_X_AMZN_TRACE_ID``:
``Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=1``. The 32 digits are the two parts of the root, joined. Text of
another form is not a context: no function here raises.

The order of other contexts' events is total: the events of a subject give the same result in any order and with any
repetitions.
"""

import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo, create_model, field_validator

from .aggregate import Aggregate
from .fields import published, stamp
from .spelling import plain

_EPOCH: Final = re.compile(r"-epoch-([1-9][0-9]{0,3})$")


def epoch_of(stream_arn: str) -> int:
    """Return the epoch of a table, from the ARN of its stream."""
    table = stream_arn.partition(":table/")[2].partition("/")[0]
    match = _EPOCH.search(table)
    return int(match[1]) if match else 0


_SEQUENCE_DIGITS = 40
"""The maximum length of a stream's sequence number (DynamoDB Streams API reference, StreamRecord)."""

_NUMBER_DIGITS = 36
"""The digits after the epoch."""

FIRST_VERSION: Final = "1.0"
"""The default version of an event type's schema."""


class EventData(BaseModel):
    """The data of an event, without the envelope. Pydantic builds it on first use; functions do not use it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


_UNKNOWN: Final = "null if it was before the record of times"
TIMES: Final[Mapping[str, Any]] = {
    "created_at": (AwareDatetime | None, Field(default=None, description=f"the time of its creation; {_UNKNOWN}")),
    "changed_at": (AwareDatetime | None, Field(default=None, description=f"the time of its last change; {_UNKNOWN}")),
}
"""The times of an aggregate in answers and events. Events from before the declaration of ``times`` lack them."""


def data_of(aggregate: type[Aggregate[Any, Any]], *, times: bool = False) -> type[EventData]:
    """Return the model of the data of an aggregate's events: its details and state, then its status, version and list.

    ``times`` adds those of its creation and of its last change. Of two classes with the same fields, the schemas are
    equal (`payload` returns the values).
    """
    statuses = list(aggregate.statuses)
    fields: dict[str, Any] = {
        **published(aggregate.details_type),
        **published(aggregate.state_type),
        "status": (str, Field(description="the status; later versions may add others", examples=statuses)),
        "version": (int, Field(ge=1, description="the number of changes, from 1")),
        "list_id": (str | None, Field(description="the list that it was imported from; null without a list")),
        **(TIMES if times else {}),
    }
    text = f"The {plain(aggregate.__name__)} after the change, or before its deletion."
    return create_model(f"{aggregate.__name__}Data", __base__=EventData, __doc__=text, **fields)


@dataclass(frozen=True)
class Source:
    """A context as the source of events: its name, and the version (``<major>.<minor>``) of each type's schema."""

    name: str
    versions: Mapping[str, str]

    def schema_of(self, event_type: str, version: str | None = None) -> str:
        """Return the name of a type's schema, its file's ``$id``. The default is the declared version."""
        return f"urn:event-schema:{self.name}:{event_type}:{version or self.versions[event_type]}"

    @staticmethod
    def type_of(schema: str) -> str:
        """Return the event type of the schema of this name."""
        return schema.split(":")[-2]

    def cloud_event(
        self,
        event_id: str,
        event_type: str,
        subject: str,
        time: datetime,
        data: dict[str, Any],
        traceparent: str,
        schema: str | None = None,
        **more: str | int,
    ) -> dict[str, Any]:
        """Return the CloudEvents 1.0 envelope in its JSON form, as a dictionary.

        ``schema`` is the name of the data's schema; the default is the type's declared version. ``traceparent`` is the
        event's cause in a trace (CloudEvents' extension "Distributed Tracing"). ``more`` are further members, such as
        ``sequence`` (the extension "Sequence").
        """
        return {
            "specversion": "1.0",
            "id": event_id,
            "source": self.name,
            "type": event_type,
            "subject": subject,
            "time": time.isoformat(),
            "datacontenttype": "application/json",
            "dataschema": schema or self.schema_of(event_type),
            "traceparent": traceparent,
            **more,
            "data": data,
        }


@dataclass(frozen=True, kw_only=True)
class PreviousVersion:
    """The previous major version of the aggregates' events, published while subscribers migrate to the current version.

    Subscribers that are ready get each event in both versions, all others in the previous version. The current version
    is published as soon as a subscriber is ready.

    Args:
        data: the model of the data of the previous version.
        versions: the previous version (``<major>.<minor>``) of each type whose major version was raised.
        convert: converts the data of a current event to the data of the previous version, as JSON values.
        ready: the subscribers that read both versions.
    """

    data: type[BaseModel]
    versions: Mapping[str, str]
    convert: Callable[[dict[str, Any]], dict[str, Any]]
    ready: tuple[str, ...] = ()

    def events(self, today: dict[str, Any], source: Source) -> tuple[dict[str, Any], ...]:
        """Return the events to publish for a change, made from the current event. The previous version comes first.

        The event of the previous version has an id of its own; subject, time and sequence are the same.
        """
        version = self.versions.get(today["type"])
        if version is None:
            return (today,)
        before = self._before(today, source, version)
        return (before, today) if self.ready else (before,)

    def _before(self, today: dict[str, Any], source: Source, version: str) -> dict[str, Any]:
        event_id, schema = f"{today['id']}-{major(version)}", source.schema_of(today["type"], version)
        return {**today, "id": event_id, "dataschema": schema, "data": self.convert(dict(today["data"]))}


def major(version: str) -> int:
    """Return the major number of a version ``<major>.<minor>``."""
    return int(version.partition(".")[0])


def label(event_type: str, version: str) -> str:
    """Return the message attribute ``type`` of a version: the event type, from major version 2 on with that number.

    A filter therefore selects one major version. Other versions do not change its result.
    """
    number = major(version)
    return event_type if number == 1 else f"{event_type}.{number}"


def versioned(event_type: str, version: str) -> str:
    """Return the name of a major version of an event type, such as ``OrderPlaced.1``."""
    return f"{event_type}.{major(version)}"


def label_of(event: Mapping[str, Any]) -> str:
    """Return the message attribute ``type`` of an event, by the version of its schema."""
    return label(event["type"], event["dataschema"].rpartition(":")[2])


def group_of(event: Mapping[str, Any]) -> str:
    """Return the message group of an event: the list of a row that no command has changed, otherwise the subject.

    A fair queue delivers the events of groups with few messages first (Amazon SQS Developer Guide, "Amazon SQS fair
    queues"). The identities of lists and aggregates are valid groups: SNS accepts 128 letters, digits and punctuation
    marks (Amazon SNS API Reference, PublishBatchRequestEntry).
    """
    data = event["data"]
    return (data.get("version") == 1 and data.get("list_id")) or event["subject"]


def sequence(number: str, epoch: int = 0) -> str:
    """Return a stream's number in 40 digits, of which the first 4 are the epoch of its table.

    Of two numbers, the later is the greater text. The epoch is added: a number of more than 36 digits keeps its order.
    """
    return str(int(number) + epoch * 10**_NUMBER_DIGITS).zfill(_SEQUENCE_DIGITS)


def payload(aggregate: Aggregate[Any, Any], *, times: bool = False) -> dict[str, Any]:
    """Return the event data of an aggregate: details and state as JSON values, status, version, list, maybe times."""
    own = {"status": aggregate.status, "version": aggregate.version, "list_id": aggregate.list_id}
    if times:
        at = {"created_at": aggregate.created_at, "changed_at": aggregate.changed_at}
        own |= {name: time and stamp(time) for name, time in at.items()}
    values = aggregate.values
    for model in (aggregate.details_type, aggregate.state_type):
        for earlier, name in model.earlier_names.items():
            values[earlier] = values[name]
    return values | own


Count = Annotated[int, Field(ge=0)]


class ListImportedData(EventData):
    """A list of which all good rows are in the table."""

    list_id: str
    partner: str = Field(description="who sent it")
    file: str = Field(description="the object's key in the inbox")
    rows: Count = Field(description="all of its rows")
    imported: Count = Field(description="rows that were good")
    rejected: Count = Field(description="rows that were not")


class ListRejectedData(EventData):
    """A list of which nothing is in the table."""

    list_id: str
    partner: str = Field(description="who sent it")
    file: str = Field(description="the object's key in the inbox")
    report: str = Field(description="the key of the report that tells the partner why")
    outcome: Literal["REJECTED", "FAILED"] = Field(description="FAILED: for a technical reason")
    reason: str = Field(description="why, in one sentence")


class CloudEvent(EventData):
    """The envelope: CloudEvents 1.0 in its JSON format. Pass over members that you do not know."""

    specversion: Literal["1.0"]
    id: str = Field(min_length=1, description="the same however often the event is delivered")
    source: str = Field(description="names the event, together with its id")
    type: str = Field(description="what happened")
    subject: str = Field(description="to whom: the identity of what changed")
    time: AwareDatetime = Field(description="when it was committed")
    datacontenttype: Literal["application/json"]
    dataschema: str = Field(description="the schema of the data, which ends with its version")
    traceparent: str = Field(description="its place in a trace (CloudEvents' extension Distributed Tracing)")
    sequence: str = Field(
        default="",
        pattern=r"^[0-9]{40}$",
        description="of two events of one subject the later has the greater (extension Sequence); lists have none",
    )
    erasure: str = Field(
        default="",
        description="when the subject's personal data was erased: erase your copies too; absent without an erasure",
    )
    data: dict[str, Any]


def envelope_of(source: str, *, hops: bool = False) -> type[CloudEvent]:
    """Return the envelope of the events of one source, which is its only valid ``source``.

    With ``hops`` the envelope has the number of reactions that led to the event.
    """
    fields: dict[str, Any] = {
        "source": (Literal[source], CloudEvent.model_fields["source"])  # pyrefly: ignore[not-a-type] (a type made at runtime)
    }
    if hops:
        description = "the number of reactions that led to the event; absent without any"
        fields["hops"] = (int, Field(default=0, ge=0, description=description))
    return create_model("CloudEvent", __base__=CloudEvent, __doc__=CloudEvent.__doc__, **fields)


_TRACEPARENT = r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})"
_ROOT = r"1-([0-9a-f]{8})-([0-9a-f]{24})"
_PARENT = r"[0-9a-f]{16}"


@dataclass(frozen=True)
class TraceContext:
    """A position in a trace: the trace's 32 hex digits, the parent's 16, and whether the trace is recorded."""

    trace: str
    parent: str
    sampled: bool

    @property
    def traceparent(self) -> str:
        """The position in W3C's notation."""
        return f"00-{self.trace}-{self.parent}-{self.sampled:02x}"

    @property
    def root(self) -> str:
        """The trace's id in X-Ray's notation: ``1-<8 hex>-<24 hex>``."""
        return f"1-{self.trace[:8]}-{self.trace[8:]}"


def from_traceparent(text: object) -> TraceContext | None:
    """Return the context of a ``traceparent``, or None if the text has another form."""
    match = re.fullmatch(_TRACEPARENT, text) if isinstance(text, str) else None
    return _context(match[1], match[2], int(match[3], 16) % 2 == 1) if match else None


def from_header(text: object) -> TraceContext | None:
    """Return the context of an X-Ray header, or None if the text has another form, or names no parent."""
    members = text.split(";") if isinstance(text, str) else []
    fields = {name.strip(): value.strip() for name, _, value in (member.partition("=") for member in members)}
    root, parent = re.fullmatch(_ROOT, fields.get("Root", "")), fields.get("Parent", "")
    if root is None or not re.fullmatch(_PARENT, parent):
        return None
    return _context(root[1] + root[2], parent, fields.get("Sampled") == "1")


def _context(trace: str, parent: str, sampled: bool) -> TraceContext | None:
    # W3C: an id that consists of zeros is invalid.
    return TraceContext(trace, parent, sampled) if trace.strip("0") and parent.strip("0") else None


def fresh() -> TraceContext:
    """Return a new trace that is not recorded. X-Ray expects the seconds since 1970 in its first 8 digits."""
    return TraceContext(f"{int(time.time()):08x}{secrets.token_hex(12)}", secrets.token_hex(8), sampled=False)


def fresh_traceparent() -> str:
    """Return a new trace's ``traceparent``."""
    return fresh().traceparent


def accepted(text: object) -> str:
    """Return a valid ``traceparent`` as it is, or a new one for any other value."""
    return (from_traceparent(text) or fresh()).traceparent


class Standing(StrEnum):
    """Whether another context's aggregate exists for this context. Gone aggregates keep a record, for late events."""

    KNOWN = "KNOWN"
    GONE = "GONE"


@dataclass(frozen=True)
class ForeignEvent:
    """The stored members of another context's event.

    ``aggregate`` is the name of its aggregate in snake_case, and ``subject`` the aggregate's id. ``order`` is the
    event's position among the events of the subject. ``copied`` has the fields of the copy as a JSON object, or None.
    """

    aggregate: str
    subject: str
    standing: Standing
    order: str
    event_id: str
    event_type: str
    source: str
    copied: str | None = None


def order_key(event_id: str, sequence: str | None, time: datetime | None) -> str:
    """Return the text by which the events of a subject are ordered: the greater is the newer.

    Events with a ``sequence`` (CloudEvents' extension, digits) are newer than all events without, and ordered by it.
    Events without are ordered by ``time``, which depends on clocks. Two events of the same time are ordered by their
    ids: all receivers then keep the same event.

    Raises:
        ValueError: there is neither, or the time is outside the calendar in UTC.
    """
    if sequence is not None:
        return f"1{sequence.zfill(_SEQUENCE_DIGITS)}#{event_id}"
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
