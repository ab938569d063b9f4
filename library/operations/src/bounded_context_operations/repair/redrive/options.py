"""The options of a redrive, and the selection of messages that they describe."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import typer

from ..report import command_line, option_words
from .messages import Facts, Message

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
        return command_line("redrive", self.stack, self.queue or "", **self._selecting(), outputs=self.outputs)

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
