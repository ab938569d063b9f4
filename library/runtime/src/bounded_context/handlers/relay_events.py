"""RelayEvents: the outbox. Publishes an event for each committed change of an aggregate.

An aggregate's events are published in the order of its changes, at least once. Each event waits until the topic has
accepted all earlier events of the aggregate. If Lambda exhausts the retries of a change, later events are published
without its event. After a failure Lambda delivers changes again, so an event may be repeated, even after a later event
of the aggregate. Subscribers compare ``sequence``.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from .. import aws
from ..adapters.items import TRACEPARENT, Changes, concerns_deadline_alone, image_of, versions
from ..adapters.services import BATCH
from ..application.calls import time_left
from ..declaration import measures
from ..declaration.context import declared
from ..domain.aggregate import Aggregate
from ..domain.events import versioned
from ..settings import RelaySettings
from ..telemetry import continuing, count, logger
from ._function import function

CONTEXT = declared()
_CHANGES = Changes(CONTEXT)


@dataclass(frozen=True)
class _Change:
    """A parsed stream record: its sequence number, the trace that it carries, and its events.

    It has several events while two major versions are published. ``gone`` is a removed aggregate that had children.
    """

    number: str
    carried: object
    events: tuple[dict[str, Any], ...]
    gone: Aggregate[Any, Any] | None = None

    @classmethod
    def read(cls, record: DynamoDBRecord) -> Self:
        """Read a record. Raises any exception if this version cannot read the record."""
        today = to_event(record)
        carried = image_of(record).get(TRACEPARENT)
        trace = carried if isinstance(carried, str) else None
        return cls(_number(record), trace, versions(CONTEXT, today), _CHANGES.gone(record))

    @property
    def subject(self) -> str:
        """The identity of the aggregate that changed."""
        return self.events[0]["subject"]


@function(CONTEXT, "relay_events", RelaySettings, [aws.topic])
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Publish the events of a batch of stream records, and return the number of the first unpublished record.

    Lambda then treats the records before it as published, and delivers that record and all later records again.

    Raises:
        Exception: this version can read no record of a batch of several, so the release's alarm detects it. Or SNS
            failed on the first request. Lambda delivers the whole batch again, in halves.
    """
    records = list(DynamoDBStreamEvent(event).records)
    if CONTEXT.deadlines:
        records = [record for record in records if not concerns_deadline_alone(record)]
    logger.debug("changes received", changes=len(records))
    changes, unreadable = _read(records)
    for gone in [change.gone for change in changes if change.gone]:
        aws.children(CONTEXT).remove_all(gone)
    with ExitStack() as traces:
        # A segment per trace, not per change: a list causes thousands of changes.
        for carried in dict.fromkeys(change.carried for change in changes):
            traces.enter_context(continuing(carried, context.function_name, ours=True))
        traces.enter_context(time_left(context.get_remaining_time_in_millis() / 1000))
        refused = _first_refused(changes)
    failed = unreadable if refused is None else refused
    return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}


def _read(records: Sequence[DynamoDBRecord]) -> tuple[list[_Change], str | None]:
    """Return the changes before the first unreadable record, and the number of that record."""
    changes: list[_Change] = []
    for record in records:
        try:
            changes.append(_Change.read(record))
        except Exception as error:
            if not changes and len(records) > 1 and not any(map(_is_readable, records)):
                raise
            logger.error(
                "change not readable", event_id=record.event_id, sequence_number=_number(record), exc_info=error
            )
            return changes, _number(record)
    return changes, None


def _is_readable(record: DynamoDBRecord) -> bool:
    try:
        _Change.read(record)
    except Exception:
        return False
    return True


def _number(record: DynamoDBRecord) -> str:
    # For an empty number Lambda delivers the whole batch again (Lambda Developer Guide, "Configuring partial batch
    # response with DynamoDB and Lambda").
    change = record.dynamodb
    return "" if change is None else change.sequence_number or ""


def _first_refused(changes: Sequence[_Change]) -> str | None:
    """Publish changes in order until the topic refuses an event, and return the number of that event's change.

    A request that fails after published changes counts as refused: an error would discard their progress.
    """
    for batch in _batches(changes):
        entries = [(change, event) for change in batch for event in change.events]
        try:
            refused = aws.topic().publish([event for _, event in entries])
        except Exception:
            if batch[0] is changes[0]:
                raise
            logger.exception("events not published")
            refused = set(range(len(entries)))
        _report([event for place, (_, event) in enumerate(entries) if place not in refused], len(refused))
        if refused:
            return entries[min(refused)][0].number
    return None


def _batches(changes: Iterable[_Change]) -> Iterator[list[_Change]]:
    """Yield changes in order, in batches of the topic's maximum size, with at most one change per aggregate.

    SNS may refuse an entry of a batch and accept later entries, which must not belong to the same aggregate.
    """
    batch: dict[str, _Change] = {}
    for change in changes:
        entries = sum(len(earlier.events) for earlier in batch.values()) + len(change.events)
        if change.subject in batch or entries > BATCH:
            yield list(batch.values())
            batch = {}
        batch[change.subject] = change
    if batch:
        yield list(batch.values())


def _report(published: list[dict[str, Any]], refused: int) -> None:
    logger.info("events published", ids=[event["subject"] for event in published])
    if refused:
        logger.warning("events refused", refused=refused)
    _measure(published, refused)


def _measure(published: list[dict[str, Any]], refused: int) -> None:
    # A change counts once, even if several major versions publish it. A newer version counts the types that it added.
    changes = (event for event in published if event["type"] in CONTEXT.versions)
    first = (event["type"] for event in changes if event["dataschema"] == _first_schema(event["type"]))
    for event_type, number in Counter(first).items():
        count(CONTEXT.measures.changes[event_type], number)
    count(measures.EVENTS_PUBLISHED, len(published))
    if refused:
        count(measures.EVENTS_REFUSED, refused)
    if CONTEXT.deprecated:
        counts = Counter(versioned(event["type"], event["dataschema"].rpartition(":")[2]) for event in published)
        for name in CONTEXT.deprecated.keys() & counts.keys():
            count(CONTEXT.measures.deprecated_uses, counts[name], contract=name)
    if published:
        # Streams record times to the second only.
        oldest = min(datetime.fromisoformat(event["time"]) for event in published)
        count(measures.EVENT_AGE, max(0.0, (datetime.now(UTC) - oldest).total_seconds()))


def _first_schema(event_type: str) -> str:
    return CONTEXT.schema_of(event_type, CONTEXT.published(event_type)[0])


def to_event(record: DynamoDBRecord) -> dict[str, Any]:
    """Return the event that publishes a committed change of an aggregate."""
    return _CHANGES.of_record(record)
