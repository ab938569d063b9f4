"""RelayEvents: the outbox. Publishes what the table's stream says was committed, in order, at least once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import (
    DynamoDBRecord,
    DynamoDBRecordEventName,
)

from .. import bootstrap
from ..adapters import items
from ..adapters.sns import BATCH
from ..domain import events
from ..telemetry import count, entry_point, logger
from ._smoke import answers_smoke_checks


@entry_point
@answers_smoke_checks(bootstrap.topic)
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take a batch of stream records; answer from which record on the stream must send them again."""
    records = list(DynamoDBStreamEvent(event).records)
    failed = next(_unpublished(records), None)
    return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}


def _unpublished(records: list[DynamoDBRecord]) -> Iterator[str]:
    # A stream goes on from the first failure, so nothing after it is published before its turn.
    for start in range(0, len(records), BATCH):
        batch = records[start : start + BATCH]
        refused = bootstrap.topic().publish([to_event(record) for record in batch])
        count("EventsPublished", len(batch) - len(refused))
        if refused:
            logger.warning("events refused", refused=len(refused))
            yield str(batch[min(refused)].dynamodb.sequence_number)  # pyright: ignore[reportOptionalMemberAccess]


def to_event(record: DynamoDBRecord) -> dict[str, Any]:
    """Return the event that a committed change of an aggregate is for other contexts."""
    change = record.dynamodb
    if change is None:
        raise ValueError("a stream record without its change")
    removed = record.event_name is DynamoDBRecordEventName.REMOVE
    <<cookiecutter.__package>> = items.to_<<cookiecutter.__package>>((change.old_image if removed else change.new_image) or {})
    event_type = events.DELETED if removed else events.REACHED[<<cookiecutter.__package>>.status]
    time = datetime.fromtimestamp(change.approximate_creation_date_time or 0, UTC)
    data = events.payload(<<cookiecutter.__package>>)
    return events.cloud_event(str(record.event_id), event_type, <<cookiecutter.__package>>.id, time, data)
