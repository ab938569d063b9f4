"""Events: their envelope, their schemas' names and versions, and the labels by which subscribers filter them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, create_model

from .aggregate import Aggregate
from .spelling import plain

_SEQUENCE_DIGITS = 40
"""The maximum length of a stream's sequence number (DynamoDB Streams API reference, StreamRecord)."""

_NUMBER_DIGITS = 36
"""The digits after the epoch."""

FIRST_VERSION: Final = "1.0"
"""The default version of an event type's schema."""


class EventData(BaseModel):
    """The data of an event, without the envelope. Pydantic builds it on first use; functions do not use it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


def data_of(aggregate: type[Aggregate[Any, Any]]) -> type[EventData]:
    """Return the model of the data of an aggregate's events: its details, then its status, version and list.

    Of two classes with the same fields, the schemas are equal (`payload` returns the values).
    """
    statuses = list(aggregate.statuses)
    fields: dict[str, Any] = {
        **{name: (field.annotation, field) for name, field in aggregate.details_type.model_fields.items()},
        "status": (str, Field(description="the status; later versions may add others", examples=statuses)),
        "version": (int, Field(ge=1, description="the number of changes, from 1")),
        "list_id": (str | None, Field(description="the list that it was imported from; null without a list")),
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
        **more: str,
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


def type_of_label(label: str) -> str:
    """Return the event type of a message attribute ``type``."""
    return label.partition(".")[0]


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


def payload(aggregate: Aggregate[Any, Any]) -> dict[str, Any]:
    """Return the event data of an aggregate: details as JSON values, status, version and list."""
    details = aggregate.details.model_dump(mode="json")
    state = {"status": aggregate.status, "version": aggregate.version}
    return details | state | {"list_id": aggregate.list_id}
