"""Reactions: each aggregate that refers to an event's subject is asked once, over several calls if there are many.

Of several events of a subject, only the newest is reacted to. A call has the turn for it until the call ends. The
identities are read in order, and the last identity is stored after each page: the next call continues there. An
aggregate is asked again if a call ended before that; its command has one effect by its idempotency key.
"""

import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from ..declaration.context import Context
from ..declaration.structure import IN_PROGRESS
from ..domain.aggregate import Aggregate, Change, ListOpen, NotFound, VersionConflict
from ..domain.events import ForeignEvent
from ..domain.reactions import Reaction, ReceivedEvent
from .calls import MARGIN, Run, latest_end, require_same, seconds_to_spare
from .inbound import Message
from .ports import Aggregates, Progress, Shards

A = TypeVar("A", bound=Aggregate[Any, Any])

PAGE: Final = 25
"""Aggregates of a page. The progress is written once per page, and read: a newer event ends the reaction there."""

LIST_SECONDS: Final = 300
"""Seconds after which an aggregate of an open list is asked again."""

LONGEST_DELAY: Final = 900
"""The maximum delay of a message in seconds (SQS API reference, SendMessage)."""

_TRIES: Final = 5
"""Attempts for an aggregate that other commands change at the same time."""


class Conflicted(Exception):
    """Other commands changed the aggregate at each attempt, or another call runs the command. A later try succeeds."""


def received(message: Message) -> ReceivedEvent:
    """Return the event of a message, for a rule."""
    envelope, document = message.envelope, message.document
    data, hops = document.get("data"), document.get("hops")
    return ReceivedEvent(
        envelope.id,
        envelope.type,
        envelope.source,
        document["subject"],
        data if isinstance(data, dict) else {},
        message.time,
        hops if isinstance(hops, int) and hops > 0 else 0,
    )


@dataclass(frozen=True)
class Reactions(Generic[A]):
    """The reactions of a context."""

    context: Context[A]
    progress: Progress
    aggregates: Aggregates[A]
    shards: Shards[A]
    run: Run

    def of(self, message: Message) -> Reaction[A] | None:
        """Return the reaction to a message's event, or None."""
        source, types = message.envelope.source.replace("-", "_"), (message.envelope.label, message.envelope.type)
        to_source = [reaction for reaction in self.context.reactions if reaction.source.replace("-", "_") == source]
        return next((reaction for label in types for reaction in to_source if reaction.event == label), None)

    def announce(self, message: Message) -> None:
        """Let older events of the subject end, before the reaction to this event begins."""
        if message.event:
            self.progress.announce(_key(message.event), message.event.order)

    def react(self, message: Message, reaction: Reaction[A]) -> int | None:
        """React to the event of a message; return the seconds after which the message must come again, or None.

        Raises:
            Exception: the rule, or a command, failed. The progress is stored.
        """
        event, foreign = received(message), message.event
        if foreign is None:
            return None
        if seconds_to_spare() < 0:
            return 0
        subject, writer = _key(foreign), secrets.token_hex(8)
        turn = self.progress.take(subject, foreign.order, writer, latest_end())
        if not turn.granted:
            return None if turn.busy_until is None else self._delay(turn.busy_until)
        try:
            return _Asking(self, reaction, event, subject, foreign.order, writer).go_on(turn.after)
        finally:
            self.progress.leave(subject, writer)

    def _delay(self, busy_until: int) -> int:
        return max(1, min(LONGEST_DELAY, busy_until + MARGIN + 1 - int(time.time())))


def _key(event: ForeignEvent) -> str:
    return f"{event.aggregate.upper()}#{event.subject}"


@dataclass(frozen=True)
class _Asking(Generic[A]):
    """A call that asks aggregates: its reaction, its event, and its turn."""

    reactions: Reactions[A]
    reaction: Reaction[A]
    event: ReceivedEvent
    subject: str
    order: str
    writer: str

    def go_on(self, after: str) -> int | None:
        """Ask the aggregates after a position; return the seconds until the next call, or None if none is needed."""
        for page in self._pages(after):
            place = after
            try:
                for identity, position in page:
                    if self._ask(identity) == ListOpen.code:
                        return LIST_SECONDS
                    place = position
                    if seconds_to_spare() < 0:
                        return 0
            finally:
                has_turn = place == after or self._keep(place)
            if not has_turn:
                return None
            after = place
        self.reactions.progress.finish(self.subject, self.order, self.writer)
        return None

    def _keep(self, place: str) -> bool:
        return self.reactions.progress.keep(self.subject, self.order, self.writer, place)

    def _pages(self, after: str) -> Iterator[Sequence[tuple[str, str]]]:
        """Yield pages of the aggregates that refer to the subject: the identity of each, and its position."""
        context, by = self.reactions.context, self.reaction.by
        if by == context.identity:
            if not after:
                yield [(self.event.subject, self.event.subject)]
            return
        ordered = context.orders.get(by)
        place: str | None = after
        while place is not None:
            slice_ = self.reactions.shards.with_value(by, self.event.subject, place, PAGE)
            orders = (f"{aggregate.field(ordered.order)} " if ordered else "" for aggregate in slice_.aggregates)
            yield [(each.id, order + each.id) for each, order in zip(slice_.aggregates, orders, strict=True)]
            place = slice_.last

    def _ask(self, identity: str) -> str:
        """Ask an aggregate, and run the command that the rule returns; return the code of its refusal, or ""."""
        for _ in range(_TRIES):
            try:
                # An index may be older than the item.
                aggregate = self.reactions.aggregates.get(identity)
            except NotFound:
                return ""
            if aggregate.field(self.reaction.by) != self.event.subject:
                return ""
            command = self.reaction.rule(self.event, aggregate)
            if command is None:
                return ""
            code = self.reactions.run(self._checked(command, aggregate), f"{self.event.id}/{identity}")
            if code == IN_PROGRESS:
                break
            if code != VersionConflict.code:
                return code
        raise Conflicted

    def _checked(self, command: Change, aggregate: A) -> Change:
        """Return the command for exactly the asked version. Raises LookupError, ValueError: it is not possible."""
        self.reactions.context.command(type(command))
        require_same(command, aggregate, self.reaction.rule)
        if command.expected_version is not None:
            return command
        return command.model_copy(update={"expected_version": aggregate.tag})
