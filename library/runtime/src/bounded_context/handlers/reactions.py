"""Reactions to other contexts' events, in the function that receives the events.

A message whose reaction is not done returns to its own queue as a copy, for instance because many aggregates refer to
its subject, or because a list is open. A copy does not count as a failed attempt. Lambda would stop this loop after
about 16 calls, so its detection is off for this function, and `MOST_RETURNS` is its bound.
"""

from typing import Any, Final

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from .. import aws
from ..adapters.dynamodb import hopping
from ..adapters.services import SETTLED, returns_of
from ..application.inbound import Message
from ..application.reactions import Reactions, received
from ..declaration.context import Context
from ..declaration.entry_points import local
from ..declaration.structure import IN_PROGRESS
from ..domain.aggregate import Change, ListOpen, SeveralChanges, Unavailable, VersionConflict
from ..domain.reactions import MOST_HOPS
from ..telemetry import logger
from ._requests import Refused
from .commands import CommandHandler

TOO_MANY_HOPS: Final = "too-many-hops"
"""The reason with which an event at the end of a cycle of reactions becomes a dead letter."""

TOO_MANY_RETURNS: Final = "too-many-returns"
"""The reason with which an event becomes a dead letter whose reaction does not end."""

MOST_RETURNS: Final = 4032
"""The returns of a message: a list is asked every 5 minutes, for 14 days, the longest retention of a queue."""

SETTLE_SECONDS: Final = 30
"""Seconds from the update of the copy to the first question. A registration that has read the earlier copy ends within
10 seconds, its last request within 15 seconds more (`calls.MARGIN`), and the index has its aggregate soon after."""

_TRANSIENT: Final = (ListOpen.code, VersionConflict.code, IN_PROGRESS)


class Reactor:
    """Reacts to the events of messages, in one call of Lambda."""

    def __init__(self, context: Context[Any], call: Any) -> None:
        self._context = context
        self._call = call
        shards: Any = aws.shards(context) if context.queried_fields else None
        self._reactions = Reactions(context, aws.progress(), aws.aggregates(context), shards, self._run)

    def react(self, message: Message, record: SQSRecord) -> None:
        """React to the event of a message, and return the message to its queue if it needs more time."""
        reaction = self._reactions.of(message) if message.event else None
        if reaction is None:
            return
        event = received(message)
        attributes = record.raw_event.get("messageAttributes", {})
        about = {"event_id": event.id, "event_type": event.type, "ids": [event.subject]}
        returns = returns_of(attributes)
        must_wait = not returns and reaction.by != self._context.identity and not local()
        if event.hops >= MOST_HOPS or returns >= MOST_RETURNS:
            code = TOO_MANY_HOPS if event.hops >= MOST_HOPS else TOO_MANY_RETURNS
            # A redrive begins to count anew.
            kept = {name: value for name, value in attributes.items() if name != SETTLED}
            aws.dead_letters().bury(record.body, kept, code)
            logger.warning("reaction ended without a result", code=code, **about)
            return
        if must_wait:
            self._reactions.announce(message)
        with hopping(event.hops + 1):
            seconds = SETTLE_SECONDS if must_wait else self._reactions.react(message, reaction)
        if seconds is None:
            logger.info("reaction done", **about)
        else:
            aws.inbound_queue().again(record.body, attributes, seconds)
            logger.info("reaction goes on", seconds=seconds, **about)

    def _run(self, command: Change, key: str) -> str:
        """Run a command under a key; return the code of a refusal. Raises Unavailable; Refused: the rule is faulty."""
        handler = CommandHandler.of(self._context, type(command))
        payload = command.model_dump(mode="json", exclude={"expected_version"})
        try:
            handler.perform(command, key, payload, self._call)
        except Refused as refused:
            if refused.rule and issubclass(refused.rule, Unavailable):
                raise Unavailable("another system", refused.retry_after or 30) from None
            if refused.rule is SeveralChanges:
                raise
            if refused.code not in _TRANSIENT:
                handler.count_refusal(refused)
            return refused.code
        return ""
