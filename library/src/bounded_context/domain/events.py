"""What happened, in the past tense: the only thing other contexts hear of this one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from .aggregate import Aggregate

_SEQUENCE_DIGITS = 40
"""The longest sequence number of a stream (DynamoDB Streams API reference, StreamRecord)."""

FIRST_VERSION: Final = "1.0"
"""The version of the schema of a type of event for which none is said."""


class EventData(BaseModel):
    """What an event says besides its envelope. Nothing of it is built before it is asked for: functions never ask."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


@dataclass(frozen=True)
class Source:
    """A context as the source of events: its name, and the version (``<major>.<minor>``) of each type's schema."""

    name: str
    versions: Mapping[str, str]

    def schema_of(self, event_type: str, version: str | None = None) -> str:
        """Return the name of a version (without one, the version said) of a type's schema: its file's ``$id``."""
        return f"urn:event-schema:{self.name}:{event_type}:{version or self.versions[event_type]}"

    @staticmethod
    def type_of(schema: str) -> str:
        """Return the type of the events that have the schema of this name."""
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

        ``schema`` is the name of the data's schema, where it is not that of the version said of the type.
        ``traceparent`` is the place in a trace where it was caused (CloudEvents' extension "Distributed Tracing");
        ``more`` are further members, such as ``sequence`` (the extension "Sequence").
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
class Beside:
    """The events of aggregates in the major version before, while subscribers change over to that of today.

    Subscribers that are ready get each event in both versions, all others in the one before. While nobody is ready, the
    version of today is not published.

    Args:
        data: the model of the data of the events before.
        versions: the version (``<major>.<minor>``) of the schema of each type whose major version was raised.
        made: makes the data of an event before, as JSON values, from the data of the event of today.
        ready: the subscribers that read both versions.
    """

    data: type[BaseModel]
    versions: Mapping[str, str]
    made: Callable[[dict[str, Any]], dict[str, Any]]
    ready: tuple[str, ...] = ()

    def events(self, today: dict[str, Any], source: Source) -> tuple[dict[str, Any], ...]:
        """Return the events that are published of a change, by the event of today: the version before comes first.

        The event before has an id of its own; subject, time and sequence are the same.
        """
        version = self.versions.get(today["type"])
        if version is None:
            return (today,)
        before = self._before(today, source, version)
        return (before, today) if self.ready else (before,)

    def _before(self, today: dict[str, Any], source: Source, version: str) -> dict[str, Any]:
        event_id, schema = f"{today['id']}-{major(version)}", source.schema_of(today["type"], version)
        return {**today, "id": event_id, "dataschema": schema, "data": self.made(dict(today["data"]))}


def major(version: str) -> int:
    """Return the major number of a version, which is written ``<major>.<minor>``."""
    return int(version.partition(".")[0])


def label(event_type: str, version: str) -> str:
    """Return the message attribute ``type`` of a version: the event's type, from major version 2 on with that number.

    So a filter means one major version, and what passes it does not change when another one comes or goes.
    """
    number = major(version)
    return event_type if number == 1 else f"{event_type}.{number}"


def type_of_label(label: str) -> str:
    """Return the type of the events that have this message attribute ``type``."""
    return label.partition(".")[0]


def label_of(event: Mapping[str, Any]) -> str:
    """Return the message attribute ``type`` of an event, by the schema that it names."""
    return label(event["type"], event["dataschema"].rpartition(":")[2])


def sequence(number: str) -> str:
    """Return a stream's number, at most 40 digits, so that of two the later one is the greater text."""
    return number.zfill(_SEQUENCE_DIGITS)


def payload(aggregate: Aggregate[Any, Any]) -> dict[str, Any]:
    """Return what an event says of an aggregate: details as JSON values, status, version and list."""
    details = aggregate.details.model_dump(mode="json")
    standing = {"status": aggregate.status, "version": aggregate.version}
    return details | standing | {"list_id": aggregate.list_id}
