"""Inspection of a queue: its messages, and the plan of a redrive."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .choice import Choice
from .errors import Stays
from .messages import About, Message
from .route import Route, Source

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
        """Return the data as JSON."""
        times = {"first_sent": self.first_sent.isoformat(), "last_sent": self.last_sent.isoformat()}
        return {**vars(self), **times}


@dataclass
class Look:
    """The result of an inspection and the plan for `--go`; with `more`, the queue has more messages.

    `not_seen` is the approximate number of messages that were not inspected.
    """

    action: str
    most: int | None = None
    looked_at: int = 0
    chosen: int = 0
    more: bool = False
    not_seen: int = 0
    still_hidden: int = 0
    samples: list[tuple[Message, About]] = field(default_factory=list)
    stay: Counter[str] = field(default_factory=Counter)
    _groups: dict[tuple[str, str, bool], Group] = field(default_factory=dict)

    @property
    def groups(self) -> list[Group]:
        """The groups, largest first."""
        return sorted(self._groups.values(), key=lambda group: -group.messages)

    @property
    def redrivable(self) -> int:
        """The number of inspected messages that a redrive would deliver."""
        found = self.chosen - self.stay.total()
        return found if self.most is None else min(found, self.most)

    def add(self, message: Message, about: About, why: str) -> None:
        """Add a chosen message; `why` is the reason if it cannot be redriven, or empty."""
        self.chosen += 1
        if why:
            self.stay[why] += 1
        if len(self.samples) < SAMPLES:
            self.samples.append((message, about))
        key = (about.type, about.reason, not why)
        self._groups.setdefault(key, Group(*key, message.sent, message.sent)).add(message)

    def as_json(self) -> dict[str, Any]:
        """Return the data as JSON."""
        return {
            "result": "looked",
            "looked_at": self.looked_at,
            "more": self.more,
            "not_seen": self.not_seen,
            "chosen": self.chosen,
            "would_redrive": self.redrivable,
            "action": self.action,
            "would_stay": [{"why": why, "messages": count} for why, count in self.stay.items()],
            "groups": [group.as_json() for group in self.groups],
            "samples": [_sample(message, about) for message, about in self.samples],
            "still_hidden": self.still_hidden,
        }


def look(
    source: Source,
    route: Route,
    choice: Choice,
    most: int | None,
    now: datetime,
    stopped: Callable[[], bool],
    tell: Callable[[], None],
) -> Look:
    """Receive and check messages, then make them visible again. Raises ClientError and BotoCoreError."""
    found, total = Look(route.action, most), source.count()
    try:
        for message in source.messages(stopped):
            if stopped() or found.looked_at == MOST:
                found.more, found.not_seen = True, max(0, total - found.looked_at)
                break
            found.looked_at += 1
            about = route.about(message)
            if choice.takes(message, about, now):
                found.add(message, about, _reason_to_stay(route, message))
            tell()
        else:
            found.not_seen = source.not_seen()
    finally:
        found.still_hidden = source.release()
    return found


def _reason_to_stay(route: Route, message: Message) -> str:
    try:
        route.check(message)
    except Stays as stays:
        return str(stays)
    return ""


def _sample(message: Message, about: About) -> dict[str, Any]:
    seen = {"message_id": message.id, "sent": message.sent.isoformat(), "receives": message.receives}
    return {**seen, **vars(about)}
