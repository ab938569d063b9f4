"""The options of a redrive, the inspection of a queue with the plan, the redrive of its messages, and its report."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import typer

from bounded_context_cli.command.aws_errors import AWS_ERRORS, sentence
from bounded_context_cli.command.operation import Clock
from bounded_context_cli.command.output import command_line, option_words

from .. import report as repair
from .messages import ContentLost, DeletedLate, DeliveryFailed, Facts, Message, MessageSource, NotRedrivable, Route

DEFAULT_RATE: Final = 10
"""Messages a second."""

_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Selection:
    """The conditions of selected messages, which all must match.

    `where` contains pairs of a name and a pattern with `*`, `?` and `[...]`. Ages are counted from the first send.
    """

    where: Sequence[tuple[str, str]] = ()
    older_than: timedelta | None = None
    newer_than: timedelta | None = None

    def matches(self, message: Message, facts: Facts, now: datetime) -> bool:
        """Return whether a message matches all conditions."""
        age = now - message.sent
        if self.older_than is not None and age < self.older_than:
            return False
        if self.newer_than is not None and age > self.newer_than:
            return False
        return all(_matches(name, pattern, message, facts) for name, pattern in self.where)


def _matches(name: str, pattern: str, message: Message, facts: Facts) -> bool:
    values = {"type": [facts.type], "subject": [facts.subject], "source": [facts.source], "id": [facts.id, message.id]}
    candidates = values[name] if name in values else [message.attribute(name)]
    return any(fnmatchcase(value, pattern) for value in candidates if value)


@dataclass(frozen=True, kw_only=True)
class Options:
    """The stack, the queue, and the messages of the queue that are selected. Raises BadParameter for contradictions."""

    stack: str
    queue: str | None = None
    go: bool = False
    where: tuple[str, ...] = ()
    older_than: str | None = None
    newer_than: str | None = None
    max: int | None = None
    rate: int | None = None
    give_up: str | None = None
    outputs: Path | None = None

    def __post_init__(self) -> None:
        of_a_queue = {"go": self.go, **self._selecting(), "give_up": self.give_up}
        if self.queue is None and (needless := [*option_words(of_a_queue)]):
            raise typer.BadParameter(f"{needless[0]} is for one queue: name the queue after the stack")
        if self.give_up and not self.go:
            raise typer.BadParameter("--give-up deletes messages: write --go too")
        self.selection()

    def selection(self) -> Selection:
        """Return the conditions. Raises BadParameter if one cannot be parsed."""
        return Selection([_condition(text) for text in self.where], self.least_age(), _duration(self.newer_than))

    def least_age(self) -> timedelta | None:
        """Return the minimum age of a message. Raises BadParameter."""
        return _duration(self.older_than)

    @property
    def command(self) -> str:
        """The command that executes the plan of these options."""
        return command_line("redrive", self.stack, self.queue or "", **self._selecting(), outputs=self.outputs, go=True)

    def _selecting(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in ("where", "older_than", "newer_than", "max", "rate")}


def _condition(text: str) -> tuple[str, str]:
    """Parse a condition, such as ``type=*Deleted``."""
    key, equals, pattern = text.partition("=")
    if not (key and equals and pattern):
        raise typer.BadParameter(f"{text!r} is not a condition: write KEY=PATTERN, such as type=*Deleted")
    return key, pattern


def _duration(text: str | None) -> timedelta | None:
    """Parse a time such as ``90m``, ``2h`` or ``1d``."""
    if text is None:
        return None
    match = _DURATION.fullmatch(text)
    if not match:
        raise typer.BadParameter(f"{text!r} is not a time: write a number and s, m, h or d, such as 2h")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


IN_A_ROW = 10
"""The number of consecutive failures that stops a run."""


@dataclass
class RedriveReport(repair.RepairReport):
    """Counts of messages by outcome.

    `failed` and `not_redrivable` count by reason. `not_deleted` maps the ids of handled messages that could not be
    deleted to the reason. `not_seen` is the approximate number of messages that could not be received.
    """

    action: str
    redriven: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    not_redrivable: Counter[str] = field(default_factory=Counter)
    discarded: list[Mapping[str, str]] = field(default_factory=list)
    not_deleted: dict[str, str] = field(default_factory=dict)
    not_chosen: int = 0
    came_later: int = 0
    not_seen: int = 0
    still_hidden: int = 0

    @property
    def tried(self) -> int:
        """The number of delivery attempts and discarded messages."""
        return self.redriven + self.failed.total() + len(self.discarded)

    @property
    def left(self) -> int:
        """The number of remaining messages that are chosen, or may be."""
        return self.failed.total() + self.not_redrivable.total() + self.came_later + self.not_seen

    @property
    def complete(self) -> bool:
        """Whether all chosen messages are redriven or discarded, and none may arrive twice."""
        return not (self.left or self.not_deleted)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {
            "result": self.result,
            "action": self.action,
            "redriven": self.redriven,
            "failed": by_reason(self.failed),
            "stay": by_reason(self.not_redrivable),
            "given_up": self.discarded,
            "may_come_twice": [{"message_id": message_id, "why": why} for message_id, why in self.not_deleted.items()],
            "not_chosen": self.not_chosen,
            "came_later": self.came_later,
            "not_seen": self.not_seen,
            "still_hidden": self.still_hidden,
            "stopped": self.stopped,
        }


def by_reason(counts: Counter[str]) -> list[dict[str, Any]]:
    """Return counts by reason as JSON."""
    return [{"why": why, "messages": messages} for why, messages in counts.items()]


@dataclass
class RedriveRun:
    """A pass over a queue. `report` has the result, also after an error.

    Attributes:
        most: the maximum of delivery attempts, without a limit by default.
        rate: messages a second, evenly spaced, so messages that failed under load do not recreate the load.
        discard_reason: the reason to discard messages whose content is lost. By default, they are kept.
    """

    source: MessageSource
    route: Route
    selection: Selection
    clock: Clock
    most: int | None = None
    rate: int = DEFAULT_RATE
    discard_reason: str = ""

    def __post_init__(self) -> None:
        self.report = RedriveReport(self.route.action)
        self._began = self.clock.now()
        self._last_delivery: datetime | None = None
        self._sent: set[str] = set()
        self._done: set[str] = set()
        self._in_a_row = 0
        self._stopped: set[str] = set()

    def redrive(self, stopped: Callable[[], bool], advance: Callable[[], None]) -> None:
        """Redrive messages until the queue is read, `stopped` is true, or ten in a row fail; then release the rest.

        Raises:
            Refusal: the stack has a resource that this command does not support.
            ClientError, BotoCoreError: the queue cannot be read.
        """
        try:
            for message in self.source.messages(stopped):
                if stopped():
                    break
                self._handle(message)
                advance()
                if self._finished():
                    break
            else:
                self.report.not_seen = self.source.not_seen()
        finally:
            self.report.still_hidden = self.source.release()

    def _finished(self) -> bool:
        if self._in_a_row >= IN_A_ROW:
            self.report.stopped = f"{IN_A_ROW} messages in a row failed, the rest stays: fix the cause and try again."
        return bool(self.report.stopped) or self.report.tried == self.most

    def _handle(self, message: Message) -> None:
        if message.id in self._done:
            # SQS may return a message again after a late, failed or even successful deletion.
            self._delete(message)
        elif not self.selection.matches(message, self.route.facts(message), self._began):
            self.report.not_chosen += 1
        elif message.id in self._sent or message.sent >= self._began:
            self.report.came_later += 1
        elif message.group in self._stopped:
            self.report.failed["an earlier message of its group failed."] += 1
        else:
            self._wait()
            self._redrive(message)

    def _wait(self) -> None:
        """Wait until the rate allows the next message. There are no bursts after a pause."""
        pause = 1 / self.rate
        if self._last_delivery is not None:
            # A clock that is set back must not stop the run.
            rest = min(pause - (self.clock.now() - self._last_delivery).total_seconds(), pause)
            if rest > 0:
                self.clock.sleep(rest)
        self._last_delivery = self.clock.now()

    def _redrive(self, message: Message) -> None:
        try:
            self._sent.add(self.route.deliver(message))
        except ContentLost as lost:
            self._discard(message, str(lost))
        except NotRedrivable as error:
            self.report.not_redrivable[str(error)] += 1
        except (DeliveryFailed, *AWS_ERRORS) as error:
            self._in_a_row += 1
            self.report.failed[sentence(error, "redrive")] += 1
            if message.group:
                self._stopped.add(message.group)
        else:
            self._in_a_row = 0
            self.report.redriven += 1
            self._delete(message)

    def _discard(self, message: Message, why: str) -> None:
        if not self.discard_reason:
            self.report.not_redrivable[why] += 1
            return
        self.report.discarded.append({"message_id": message.id, "body": message.body, "why": self.discard_reason})
        self._delete(message)

    def _delete(self, message: Message) -> None:
        self._done.add(message.id)
        try:
            self.source.delete(message)
        except (*AWS_ERRORS, DeletedLate) as error:
            self.report.not_deleted[message.id] = sentence(error, "redrive")
        else:
            self.report.not_deleted.pop(message.id, None)


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
        number = self.chosen - self.not_redrivable.total()
        return number if self.most is None else min(number, self.most)

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
    source: MessageSource,
    route: Route,
    selection: Selection,
    most: int | None,
    now: datetime,
    stopped: Callable[[], bool],
    advance: Callable[[], None],
) -> Inspection:
    """Receive and check messages, then make them visible again. Raises ClientError and BotoCoreError."""
    inspection, total = Inspection(route.action, most), source.count()
    try:
        for message in source.messages(stopped):
            if stopped() or inspection.inspected == MOST:
                inspection.more, inspection.not_seen = True, max(0, total - inspection.inspected)
                break
            inspection.inspected += 1
            facts = route.facts(message)
            if selection.matches(message, facts, now):
                inspection.add(message, facts, _problem(route, message))
            advance()
        else:
            inspection.not_seen = source.not_seen()
    finally:
        inspection.still_hidden = source.release()
    return inspection


def _problem(route: Route, message: Message) -> str:
    try:
        route.check(message)
    except NotRedrivable as error:
        return str(error)
    return ""


def _sample(message: Message, facts: Facts) -> dict[str, Any]:
    properties = {"message_id": message.id, "sent": message.sent.isoformat(), "receives": message.receives}
    return {**properties, **vars(facts)}
