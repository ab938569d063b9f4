"""OnEvent: takes other contexts' events from the queue, once or often, in any order, and keeps what is news.

Messages are taken one by one, and one that fails comes again alone. A loop of our own is shorter than Powertools' batch
processor, and a batch of which nothing could be taken raises the error itself: a release that breaks everything is then
seen by its alarm.
"""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.data_classes import SQSEvent
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from .. import bootstrap
from ..application import inbound
from ..application.inbound import Applied, Consumed, Message, Poison
from ..settings import OnEventSettings, load
from ..telemetry import continuing, count, entry_point, logger, measures
from ._smoke import answers_smoke_checks

_MEASURES = {Applied.APPLIED: measures.EVENTS_APPLIED, Applied.STALE: measures.EVENTS_STALE}


@entry_point
@answers_smoke_checks(bootstrap.projection, bootstrap.dead_letters)
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a batch of messages; answer which of them have to come again.

    Raises:
        Exception: what the last message failed of, if every one of several or the only one failed.
    """
    consumes = inbound.by_name(load(OnEventSettings).consumes)
    records = list(SQSEvent(event).records)
    failures: dict[str, Exception] = {}
    for record in records:
        try:
            _take(record, consumes, context.function_name)
        except Exception as error:
            # Its text stays out of the log: it may quote the message.
            logger.warning("event not taken", message_id=record.message_id, error=type(error).__name__)
            failures[record.message_id] = error
    if failures and len(failures) == len(records):
        raise failures.popitem()[1]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failures]}


def _take(record: SQSRecord, consumes: Mapping[str, Consumed], function_name: str) -> None:
    with continuing(_traceparent(record), function_name):
        try:
            _apply(inbound.read(record.body, consumes))
        except Poison as poison:
            _bury(record, poison)


def _apply(message: Message) -> None:
    outcome = inbound.apply(message, bootstrap.projection())
    if outcome in _MEASURES:
        count(_MEASURES[outcome])
    ids = [message.event.subject] if message.event else []
    logger.info(f"event {outcome}", event_id=message.envelope.id, event_type=message.envelope.type, ids=ids)


def _bury(record: SQSRecord, poison: Poison) -> None:
    attributes = record.raw_event.get("messageAttributes", {})
    bootstrap.dead_letters().bury(record.body, attributes, poison.reason)
    count(measures.EVENTS_POISONED, reason=poison.reason)
    logger.warning("event is poison", message_id=record.message_id, code=poison.reason)


def _traceparent(record: SQSRecord) -> object:
    # The event has it too, and this one is there before the body is read: of a poison message as well.
    return record.raw_event.get("messageAttributes", {}).get("traceparent", {}).get("stringValue")
