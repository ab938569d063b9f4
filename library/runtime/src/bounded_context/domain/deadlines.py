"""Deadlines: commands that the library sends after an aggregate has stayed in a status for a time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from .aggregate import Aggregate, Change

A = TypeVar("A", bound=Aggregate[Any, Any])

LONGEST: Final = timedelta(days=36_525)
"""A hundred years: the longest time of a deadline."""


@dataclass(frozen=True)
class Deadline(Generic[A]):
    """A command for each aggregate that entered a status and stayed in it for a time.

    Example: ``Deadline(Status.APPROVED, after=timedelta(days=30), command=expire_claim)``.

    ``command`` is a pure rule: it gets the aggregate, and returns the command to send, or None for no command. It reads
    no store and no clock other than `bounded_context.today`. The command must be of the same aggregate.
    """

    status: StrEnum | str
    after: timedelta
    command: Callable[[A], Change | None]


def stamp(at: datetime) -> str:
    """Return a time in UTC as text whose order is the order of times. Fractions of a second are rounded up."""
    return f"{(at + timedelta(microseconds=999_999)).isoformat()[:19]}Z"


def due_text(at: datetime, version: int) -> str:
    """Return the sort key of an item that is due ``at`` a time, for the stay that began with a version."""
    return f"{stamp(at)}#{version}"


def renewed(text: str, version: int) -> str:
    """Return a sort key of the same time for a later version of the item, in the same stay."""
    return f"{text.partition('#')[0]}#{version}"


def released_text(text: str) -> str:
    """Return the sort key of an item that is due no more in the stay of a sort key. It is after all times."""
    return f"released#{text.partition('#')[2]}"


def due_before(at: datetime) -> str:
    """Return the greatest sort key of items that are due at a time."""
    return f"{at.isoformat()[:19]}Z~"


def due_at(text: str) -> datetime:
    """Return the time of a sort key."""
    return datetime.fromisoformat(text.partition("#")[0])


def version_of(text: str) -> int:
    """Return the version with which a sort key was written."""
    return int(text.partition("#")[2])


def of_version(text: str, version: int) -> bool:
    """Return whether a sort key was written with a version. An item keeps the key if an older release changes it."""
    return version_of(text) == version
