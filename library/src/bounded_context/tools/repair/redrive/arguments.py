"""The options of a redrive, and the parsers of their values."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import typer

from .choice import Where

DEFAULT_RATE: Final = 10
"""Messages a second."""

_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


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
        if self.queue is None and (needless := [name for name, value in self._of_a_queue() if value]):
            raise typer.BadParameter(f"{needless[0]} is for one queue: name the queue after the stack")
        if self.give_up and not self.go:
            raise typer.BadParameter("--give-up deletes messages: write --go too")
        conditions(self.where)
        duration(self.older_than)
        duration(self.newer_than)

    def _of_a_queue(self) -> Iterator[tuple[str, object]]:
        yield "--go", self.go
        yield "--where", self.where
        yield "--older-than", self.older_than
        yield "--newer-than", self.newer_than
        yield "--max", self.max
        yield "--rate", self.rate
        yield "--give-up", self.give_up

    def words(self) -> Iterator[str]:
        """Yield the words of the command line that has these options, without `--go`."""
        yield self.stack
        yield from [self.queue] if self.queue else []
        for condition in self.where:
            yield from ("--where", condition)
        named = {
            "--older-than": self.older_than,
            "--newer-than": self.newer_than,
            "--max": self.max,
            "--rate": self.rate,
        }
        for name, value in (*named.items(), ("--outputs", self.outputs)):
            yield from (name, str(value)) if value else ()


def conditions(texts: tuple[str, ...]) -> list[Where]:
    """Return the conditions, such as ``type=*Deleted``, as pairs of key and pattern. Raises BadParameter."""
    return [_condition(text) for text in texts]


def _condition(text: str) -> Where:
    key, equals, pattern = text.partition("=")
    if not (key and equals and pattern):
        raise typer.BadParameter(f"{text!r} is not a condition: write KEY=PATTERN, such as type=*Deleted")
    return key, pattern


def duration(text: str | None) -> timedelta | None:
    """Return a time such as ``90m``, ``2h`` or ``1d``. Raises BadParameter."""
    if text is None:
        return None
    found = _DURATION.fullmatch(text)
    if not found:
        raise typer.BadParameter(f"{text!r} is not a time: write a number and s, m, h or d, such as 2h")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
