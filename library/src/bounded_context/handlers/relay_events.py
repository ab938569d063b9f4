"""RelayEvents: the outbox. Publishes what the table's stream says was committed, in order, at least once."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import (
    DynamoDBRecord,
    DynamoDBRecordEventName,
)

from .. import aws, measures
from ..adapters.items import SCHEMA, TRACEPARENT, Items
from ..adapters.sns import BATCH
from ..adapters.trace_context import accepted
from ..context import declared
from ..domain import events
from ..settings import RelaySettings
from ..telemetry import continuing, count, logger
from ._function import function

CONTEXT = declared()
_ITEMS = Items(CONTEXT)


@function(CONTEXT, "relay_events", RelaySettings, [aws.topic])
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a batch of stream records; answer from which record on the stream must send them again."""
    records = list(DynamoDBStreamEvent(event).records)
    logger.debug("changes received", changes=len(records))
    with ExitStack() as traces:
        # One segment for each trace that brought changes: a list brings thousands of them.
        for carried in dict.fromkeys(_image(record).get(TRACEPARENT) for record in records):
            traces.enter_context(continuing(carried, context.function_name, ours=True))
        failed = next(_unpublished(records), None)
    return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}


def _unpublished(records: list[DynamoDBRecord]) -> Iterator[str]:
    # A stream goes on from the first failure, so nothing after it is published before its turn.
    size = BATCH if CONTEXT.beside is None else BATCH // 2
    for start in range(0, len(records), size):
        batch = records[start : start + size]
        told = [(record, event) for record in batch for event in _events(record)]
        refused = aws.topic().publish([event for _, event in told])
        published = [event for index, (_, event) in enumerate(told) if index not in refused]
        logger.info("events published", ids=[event["subject"] for event in published])
        _measure(published, len(refused))
        if refused:
            logger.warning("events refused", refused=len(refused))
            yield str(told[min(refused)][0].dynamodb.sequence_number)  # pyright: ignore[reportOptionalMemberAccess]


def _events(record: DynamoDBRecord) -> Iterator[dict[str, Any]]:
    """Yield the event of a change, and the same one in the major version before, if somebody still reads that."""
    today = to_event(record)
    yield today
    before = CONTEXT.beside.event(today, CONTEXT.source) if CONTEXT.beside else None
    if before is not None:
        yield before


def _measure(published: list[dict[str, Any]], refused: int) -> None:
    # A change counts once, however many major versions report it; what only a newer version knows is its to count.
    known = (event for event in published if event["type"] in CONTEXT.versions)
    today = (event["type"] for event in known if event["dataschema"] == CONTEXT.schema_of(event["type"]))
    for event_type, number in Counter(today).items():
        count(CONTEXT.measures.changes[event_type], number)
    count(measures.EVENTS_PUBLISHED, len(published))
    if refused:
        count(measures.EVENTS_REFUSED, refused)
    if published:
        # To the second: a stream knows its records' times no better.
        oldest = min(datetime.fromisoformat(event["time"]) for event in published)
        count(measures.EVENT_AGE, max(0.0, (datetime.now(UTC) - oldest).total_seconds()))


def to_event(record: DynamoDBRecord) -> dict[str, Any]:
    """Return the event that a committed change of an aggregate is for other contexts.

    What a newer version wrote, which runs beside this one or ran before a rollback, is published as it was written.
    """
    change = record.dynamodb
    if change is None:
        raise ValueError("a stream record without its change")
    image = _image(record)
    aggregate = _ITEMS.to_aggregate(image)
    event_type, schema = _told_by(record, aggregate.status)
    time = datetime.fromtimestamp(change.approximate_creation_date_time or 0, UTC)
    return CONTEXT.source.cloud_event(
        str(record.event_id),
        event_type,
        aggregate.id,
        time,
        events.payload(aggregate) | _ITEMS.beyond(image),
        accepted(image.get(TRACEPARENT)),
        schema,
        sequence=events.sequence(str(change.sequence_number)),
    )


def _told_by(record: DynamoDBRecord, status: StrEnum) -> tuple[str, str | None]:
    """Return the type of the event that reports a change, and its schema where only a newer version knows it."""
    if _removed(record):
        return CONTEXT.deleted, None
    if status in CONTEXT.reached:
        return CONTEXT.reached[status], None
    schema = _image(record)[SCHEMA]
    return CONTEXT.source.type_of(schema), schema


def _image(record: DynamoDBRecord) -> Mapping[str, Any]:
    # A removal keeps what the last write carried.
    change = record.dynamodb
    return (change and (change.old_image if _removed(record) else change.new_image)) or {}


def _removed(record: DynamoDBRecord) -> bool:
    return record.event_name is DynamoDBRecordEventName.REMOVE
