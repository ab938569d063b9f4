"""MeasureLists: metrics of lists, from the committed changes of their records.

A list is counted when its status changes, so a retried step is not counted again. The stream delivers a change at
least once: a change that is delivered twice is counted twice.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from ..adapters.items import to_list
from ..declaration import measures
from ..declaration.context import declared
from ..domain import lists
from ..domain.events import FIRST_VERSION, versioned
from ..domain.lists import ListStatus, ReceivedList
from ..settings import MeasureListsSettings, load
from ..telemetry import count, logger
from ._function import function

CONTEXT = declared()
_ENDS = {
    ListStatus.IMPORTED: measures.LISTS_IMPORTED,
    ListStatus.REJECTED: measures.LISTS_REJECTED,
    ListStatus.FAILED: measures.LISTS_FAILED,
}


class Change(NamedTuple):
    """A list's record before and after a change; None if the record did not exist."""

    before: ReceivedList | None
    after: ReceivedList | None
    seconds: float

    @classmethod
    def read(cls, record: DynamoDBRecord) -> Self:
        """Read a stream record; ``seconds`` is the time from the list's arrival to the change, to the second.

        The time in which the list waited for its approval is left out.

        Raises any exception if this version cannot read the record.
        """
        change = record.dynamodb
        if change is None or change.approximate_creation_date_time is None:
            raise ValueError("a stream record without its change")
        before, after = (to_list(image) if image else None for image in (change.old_image, change.new_image))
        _ = after and after.file.partner
        time = datetime.fromtimestamp(change.approximate_creation_date_time, UTC)
        return cls(before, after, _between(after, time))


def _between(received: ReceivedList | None, time: datetime) -> float:
    if received is None or received.received_at is None:
        return 0.0
    return max(0.0, (time - received.received_at).total_seconds() - received.waited(time.timestamp()))


@function(CONTEXT, "measure_lists", MeasureListsSettings)
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Count the lists in a batch of stream records, and return the number of the first unreadable record.

    Lambda then delivers that record and all later records again, and no earlier record: each list is counted once
    (Lambda Developer Guide, "Configuring partial batch response with DynamoDB and Lambda").
    """
    target = load(MeasureListsSettings).import_target_seconds
    for record in DynamoDBStreamEvent(event).records:
        try:
            change = Change.read(record)
        except Exception as error:
            # The error's text may contain a file's name, so it is not logged.
            logger.error("list not measured", error=type(error).__name__, event_id=record.event_id)
            number = record.dynamodb.sequence_number if record.dynamodb else None
            return {"batchItemFailures": [{"itemIdentifier": number or ""}]}
        _measure(change, target)
    return {"batchItemFailures": []}


def _measure(change: Change, target: int) -> None:
    before, after, seconds = change
    if after is None:
        return
    if before is None:
        count(measures.LISTS_RECEIVED)
        if after.file.broke_off:
            count(measures.UPLOADS_BROKEN)
    if lists.code(after.scan) and not (before and before.scan):
        count(measures.UPLOADS_QUARANTINED)
        logger.error("upload quarantined", list_id=after.list_id, partner=after.file.partner, scan=after.scan)
    if after.status in _ENDS and (before is None or before.status is not after.status):
        _measure_closed(after, seconds, late=seconds > target)


def _measure_closed(closed: ReceivedList, seconds: float, *, late: bool) -> None:
    count(_ENDS[closed.status])
    count(measures.LIST_DURATION, seconds)
    count(measures.LISTS_LATE, late)
    for fault, rows in closed.rejections.items():
        count(CONTEXT.measures.rows_rejected, rows, reason=fault)
    if closed.status is ListStatus.IMPORTED:
        _measure_imported(closed)
    # The workflow publishes an event for each closed list.
    imported, rejected = CONTEXT.list_events
    event = versioned(imported if closed.status is ListStatus.IMPORTED else rejected, FIRST_VERSION)
    if event in CONTEXT.deprecated:
        count(CONTEXT.measures.deprecated_uses, contract=event)
    logger.info(
        "list closed",
        list_id=closed.list_id,
        partner=closed.file.partner,
        outcome=closed.status.value,
        seconds=seconds,
        rows=closed.rows,
        valid=closed.valid,
        rejected=closed.rejected,
    )


def _measure_imported(closed: ReceivedList) -> None:
    count(measures.ROWS_IMPORTED, closed.valid)
    # A newer version may have summed a field that this version does not have.
    for field, measure in CONTEXT.measures.amounts_imported.items():
        for currency, amount in closed.amounts.get(field, {}).items():
            count(measure, amount, currency=currency)
