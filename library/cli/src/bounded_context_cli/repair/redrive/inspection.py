"""Inspection of a queue: its messages, and the plan of a redrive."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .message import Facts, Message, NotRedrivable
from .options import Selection
from .route import Route, Source
from .run import by_reason

MOST = 1000
"""The maximum of messages of an inspection."""

SAMPLES = 5


@dataclass
class Group:
    """Messages with the same type, reason and planned outcome; times in UTC."""

    type: str
    reason: str
    redrivable: bool
    first_sent: datetime
    last_sent: datetime
    most_receives: int = 0
    messages: int = 0

    def add(self, message: Message) -> None:
        """Count a message."""
        self.messages += 1
        self.first_sent = min(self.first_sent, message.sent)
        self.last_sent = max(self.last_sent, message.sent)
        self.most_receives = max(self.most_receives, message.receives)

    def as_json(self) -> dict[str, Any]:
        """Return the group as JSON."""
        times = {"first_sent": self.first_sent.isoformat(), "last_sent": self.last_sent.isoformat()}
        return {**vars(self), **times}


@dataclass
class Inspection:
    """The inspected messages and the plan for `--go`; with `more`, the queue has more messages.

    `not_seen` is the approximate number of messages that were not inspected.
    """

    action: str
    most: int | None = None
    inspected: int = 0
    chosen: int = 0
    more: bool = False
    not_seen: int = 0
    still_hidden: int = 0
    samples: list[tuple[Message, Facts]] = field(default_factory=list)
    not_redrivable: Counter[str] = field(default_factory=Counter)
    _groups: dict[tuple[str, str, bool], Group] = field(default_factory=dict)

    @property
    def groups(self) -> list[Group]:
        """The groups, largest first."""
        return sorted(self._groups.values(), key=lambda group: -group.messages)

    @property
    def redrivable(self) -> int:
        """The number of inspected messages that a redrive would deliver."""
        found = self.chosen - self.not_redrivable.total()
        return found if self.most is None else min(found, self.most)

    def add(self, message: Message, facts: Facts, problem: str) -> None:
        """Add a chosen message; `problem` is the reason if it cannot be redriven, or empty."""
        self.chosen += 1
        if problem:
            self.not_redrivable[problem] += 1
        if len(self.samples) < SAMPLES:
            self.samples.append((message, facts))
        key = (facts.type, facts.reason, not problem)
        self._groups.setdefault(key, Group(*key, message.sent, message.sent)).add(message)

    def as_json(self) -> dict[str, Any]:
        """Return the inspection as JSON."""
        return {
            "result": "looked",
            "looked_at": self.inspected,
            "more": self.more,
            "not_seen": self.not_seen,
            "chosen": self.chosen,
            "would_redrive": self.redrivable,
            "action": self.action,
            "would_stay": by_reason(self.not_redrivable),
            "groups": [group.as_json() for group in self.groups],
            "samples": [_sample(message, facts) for message, facts in self.samples],
            "still_hidden": self.still_hidden,
        }


def inspect(
    source: Source,
    route: Route,
    selection: Selection,
    most: int | None,
    now: datetime,
    stopped: Callable[[], bool],
    advance: Callable[[], None],
) -> Inspection:
    """Receive and check messages, then make them visible again. Raises ClientError and BotoCoreError."""
    found, total = Inspection(route.action, most), source.count()
    try:
        for message in source.messages(stopped):
            if stopped() or found.inspected == MOST:
                found.more, found.not_seen = True, max(0, total - found.inspected)
                break
            found.inspected += 1
            facts = route.facts(message)
            if selection.matches(message, facts, now):
                found.add(message, facts, _problem(route, message))
            advance()
        else:
            found.not_seen = source.not_seen()
    finally:
        found.still_hidden = source.release()
    return found


def _problem(route: Route, message: Message) -> str:
    try:
        route.check(message)
    except NotRedrivable as error:
        return str(error)
    return ""


def _sample(message: Message, facts: Facts) -> dict[str, Any]:
    properties = {"message_id": message.id, "sent": message.sent.isoformat(), "receives": message.receives}
    return {**properties, **vars(facts)}
