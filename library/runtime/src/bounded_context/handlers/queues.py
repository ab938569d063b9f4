"""The Lambda functions of queues: messages of a queue, and other contexts' events for a projection.

Each message is processed separately, and only failed messages are retried. This loop is shorter than Powertools' batch
processor. If every message of a batch fails, it raises the error, so the release's alarm detects a version that fails
for all messages. Other contexts' events are applied despite repeated or reordered delivery.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aws_lambda_powertools.utilities.data_classes import SQSEvent
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from pydantic import BaseModel

from ..application import inbound
from ..application.inbound import Applied, Message
from ..application.ports import Projection
from ..declaration import measures
from ..declaration.context import Context
from ..declaration.entry_points import Settings
from ..domain.aggregate import Unavailable
from ..domain.events import Consumed
from ..domain.faults import Poison
from ..settings import OnEventSettings, load
from ..telemetry import Handler, continuing, count, logger
from ._function import function


def take_each(event: dict[str, Any], function_name: str, take: Callable[[SQSRecord], None]) -> dict[str, Any]:
    """Process each message of a batch in its own trace, and return the messages that SQS must deliver again.

    If every message failed, raises the last message's error, except for an outage of another system (`Unavailable`):
    it is no fault of a release.
    """
    records = list(SQSEvent(event).records)
    failures: dict[str, Exception] = {}
    for record in records:
        try:
            with continuing(_traceparent(record), function_name):
                take(record)
        except Exception as error:
            # The error's text may quote the message, so it is not logged.
            logger.warning("message not taken", message_id=record.message_id, error=type(error).__name__)
            failures[record.message_id] = error
    faults = [error for error in failures.values() if not isinstance(error, Unavailable)]
    if faults and len(failures) == len(records):
        raise faults[-1]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failures]}


def _traceparent(record: SQSRecord) -> object:
    # The attribute can be read without parsing the body, so poison messages have a trace too.
    return record.raw_event.get("messageAttributes", {}).get("traceparent", {}).get("stringValue")


def queue_handler(
    context: Context[Any],
    name: str,
    take: Callable[[str], None],
    settings: type[BaseModel] = Settings,
    needs: Sequence[Callable[[], object]] = (),
) -> Handler:
    """Return the Lambda handler that processes the messages of a queue, each separately.

    A message for which ``take`` raises is delivered five times in all, then moved to the dead-letter queue. Any message
    may be delivered twice, so ``take`` must be idempotent.

    Args:
        context: the function's context.
        name: the function's name, such as ``send_letter``.
        take: processes a message's body.
        settings: the model of the function's environment variables. By default it has none of its own.
        needs: builders of the function's dependencies.
    """

    def handler(event: dict[str, Any], call: Any) -> dict[str, Any]:
        return take_each(event, call.function_name, lambda record: take(record.body))

    return function(context, name, settings, needs)(handler)


FUNCTION: Final = "on_event"

_MEASURES: Final = {Applied.APPLIED: measures.EVENTS_APPLIED, Applied.STALE: measures.EVENTS_STALE}


class DeadLetters(Protocol):
    """The dead-letter queue for messages that can never be processed."""

    def bury(self, body: str, attributes: Mapping[str, Any], reason: str, /) -> None:
        """Store a message with its attributes, in Lambda's format, and the reason."""


def event_handler(
    context: Context[Any], projection: Callable[[], Projection], dead_letters: Callable[[], DeadLetters]
) -> Handler:
    """Return the Lambda handler that processes other contexts' events.

    The handler returns the messages of a batch that SQS must deliver again. If every message failed, it raises the last
    message's error. ``projection`` builds the store of the events' data, ``dead_letters`` the queue for messages that
    can never be processed.
    """
    taker = _Taker(context, projection, dead_letters)
    return function(context, FUNCTION, OnEventSettings, [projection, dead_letters])(taker.take)


@dataclass(frozen=True)
class _Taker:
    """The processing of message batches."""

    context: Context[Any]
    projection: Callable[[], Projection]
    dead_letters: Callable[[], DeadLetters]

    def take(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        consumes = inbound.by_name(load(OnEventSettings, self.context).consumes)
        return take_each(event, context.function_name, lambda record: self._take(record, consumes))

    def _take(self, record: SQSRecord, consumes: Mapping[str, Consumed]) -> None:
        try:
            self._apply(inbound.read(record.body, consumes))
        except Poison as poison:
            self._bury(record, poison)

    def _apply(self, message: Message) -> None:
        outcome = inbound.apply(message, self.projection())
        if outcome in _MEASURES:
            count(_MEASURES[outcome])
        ids = [message.event.subject] if message.event else []
        logger.info(f"event {outcome}", event_id=message.envelope.id, event_type=message.envelope.type, ids=ids)

    def _bury(self, record: SQSRecord, poison: Poison) -> None:
        attributes = record.raw_event.get("messageAttributes", {})
        self.dead_letters().bury(record.body, attributes, poison.reason)
        count(measures.EVENTS_POISONED, reason=poison.reason)
        logger.warning("event is poison", message_id=record.message_id, code=poison.reason)
