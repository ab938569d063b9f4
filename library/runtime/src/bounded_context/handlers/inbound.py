"""The Lambda function that applies other contexts' events to a projection, despite repeated or reordered delivery."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from ..application import inbound
from ..application.calls import time_left
from ..application.inbound import Applied, Message
from ..application.ports import Projection
from ..declaration import measures
from ..declaration.context import Context
from ..domain.events import Consumed
from ..domain.faults import Poison
from ..settings import OnEventSettings, ReactionSettings, load
from ..telemetry import Handler, count, logger
from ._function import function
from .queues import take_each

if TYPE_CHECKING:
    from .reactions import Reactor

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
    if not context.reactions:
        return function(context, FUNCTION, OnEventSettings, [projection, dead_letters])(taker.take)
    from .. import aws

    needs = [projection, dead_letters, aws.progress, aws.inbound_queue]
    return function(context, FUNCTION, ReactionSettings, needs)(taker.take)


@dataclass(frozen=True)
class _Taker:
    """The processing of message batches."""

    context: Context[Any]
    projection: Callable[[], Projection]
    dead_letters: Callable[[], DeadLetters]

    def take(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        consumes = inbound.by_name(load(OnEventSettings, self.context).consumes)
        if not self.context.reactions:
            return take_each(event, context.function_name, lambda record: self._take(record, consumes))
        from .reactions import Reactor

        reactor = Reactor(self.context, context)
        with time_left(context.get_remaining_time_in_millis() / 1000):
            return take_each(event, context.function_name, lambda record: self._take(record, consumes, reactor))

    def _take(self, record: SQSRecord, consumes: Mapping[str, Consumed], reactor: "Reactor | None" = None) -> None:
        try:
            message = inbound.read(record.body, consumes, self.context.copied_fields)
        except Poison as poison:
            self._bury(record, poison)
            return
        self._apply(message)
        if reactor:
            reactor.react(message, record)

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
