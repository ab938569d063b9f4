"""The events of aggregates: of a change in the table's stream, and of an item in the table."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import (
    DynamoDBRecord,
    DynamoDBRecordEventName,
)

from ..declaration.context import Context
from ..domain import events
from ..domain.epochs import epoch_of
from ..domain.events import accepted
from .items import ERASED_AT, SCHEMA, TRACEPARENT, Items

_REMOVED: Final = DynamoDBRecordEventName.REMOVE


class Changes:
    """Builds the events of a context's aggregates.

    Fields that only a newer version knows are published unchanged. A newer version may run at the same time, or have
    run before a rollback.
    """

    def __init__(self, context: Context[Any]) -> None:
        self._context = context
        self._items: Items[Any] = Items(context)

    def of_record(self, record: DynamoDBRecord) -> dict[str, Any]:
        """Return the event that publishes a committed change of an aggregate."""
        change = record.dynamodb
        if change is None:
            raise ValueError("a stream record without its change")
        time = datetime.fromtimestamp(change.approximate_creation_date_time or 0, UTC)
        number = events.sequence(str(change.sequence_number), epoch_of(record.event_source_arn or ""))
        removed = record.event_name is _REMOVED
        return self._event(image_of(record), time, number, event_id=str(record.event_id), removed=removed)

    def of_item(self, item: Mapping[str, Any], time: datetime) -> dict[str, Any]:
        """Return an event that reports the stored state of an aggregate, which the stream no longer contains.

        Its id is the same each time. Its sequence is the aggregate's version. It is smaller than each number of a
        stream, which has 21 digits or more (DynamoDB Streams API reference, GetShardIterator).
        """
        aggregate = self._items.to_aggregate(item)
        number = events.sequence(str(aggregate.version))
        return self._event(item, time, number, event_id=f"{aggregate.id}.{aggregate.tag}")

    def _event(
        self, image: Mapping[str, Any], time: datetime, number: str, *, event_id: str, removed: bool = False
    ) -> dict[str, Any]:
        aggregate = self._items.to_aggregate(image)
        event_type, schema = self._type_and_schema(image, aggregate.status, removed=removed)
        return self._context.source.cloud_event(
            event_id,
            event_type,
            aggregate.id,
            time,
            events.payload(aggregate) | self._items.beyond(image),
            accepted(image.get(TRACEPARENT)),
            schema,
            sequence=number,
            **_erasure(image),
        )

    def _type_and_schema(self, image: Mapping[str, Any], status: StrEnum, *, removed: bool) -> tuple[str, str | None]:
        """Return the type of the event for a change, and its schema if only a newer version knows the type."""
        if removed:
            return self._context.deletion_event, None
        if status in self._context.event_by_status:
            return self._context.event_by_status[status], None
        schema = image[SCHEMA]
        return self._context.source.type_of(schema), schema


def _erasure(image: Mapping[str, Any]) -> dict[str, str]:
    """Return the member of each event after `context erase`, from which subscribers delete the person's data."""
    return {"erasure": str(image[ERASED_AT])} if ERASED_AT in image else {}


def image_of(record: DynamoDBRecord) -> Mapping[str, Any]:
    """Return the item after a change; for a removal the old item, which the last write left."""
    change = record.dynamodb
    return (change and (change.old_image if record.event_name is _REMOVED else change.new_image)) or {}


def versions(context: Context[Any], event: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the events to publish for a change, made from its current event: one per published major version."""
    previous = context.previous_version
    return previous.events(event, context.source) if previous else (event,)
