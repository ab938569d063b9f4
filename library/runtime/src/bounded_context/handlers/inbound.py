"""The Lambda function that applies other contexts' events to a projection, despite repeated or reordered delivery."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from ..application import inbound
from ..application.inbound import Applied, Message
from ..application.ports import Projection
from ..declaration import measures
from ..declaration.context import Context
from ..domain.events import Consumed
from ..domain.faults import Poison
from ..settings import OnEventSettings, load
from ..telemetry import Handler, count, logger
from ._function import function
from .queues import take_each

FUNCTION: Final = "on_event"

_MEASURES: Final = {Applied.APPLIED: measures.EVENTS_APPLIED, Applied.STALE: measures.EVENTS_STALE}


class DeadLetters(Protocol):
    """The dead-letter queue for messages that can never be processed."""

    def bury(self, body: str, attributes: Mapping[str, Any], reason: str, /) -> None:
        """Store a message with its attributes, in Lambda's format, and the reason."""
        ...


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
