"""What the application needs of the world, as protocols. Adapters fill them; tests fill them with fakes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, Protocol, TypeVar

from ..domain.aggregate import Aggregate

if TYPE_CHECKING:
    from datetime import datetime

    # A command knows no lists and no events of others, and starts sooner without.
    from ..domain.lists import ListStatus, PinnedFile, ReceivedList, StoredVersion
    from ..domain.projection import ForeignEvent

A = TypeVar("A", bound=Aggregate[Any, Any])
A_co = TypeVar("A_co", bound=Aggregate[Any, Any], covariant=True)

Fact = int | str | Mapping[str, Any]
"""What a list's record holds of a step's findings: a number, or numbers by name."""


class Aggregates(Protocol[A]):
    """The aggregates, by identity."""

    def get(self, identity: str) -> A:
        """Return it as it stands. Raises NotFound."""
        ...

    def add(self, aggregate: A) -> None:
        """Store a new one. Raises AlreadyExists."""
        ...

    def save(self, aggregate: A) -> None:
        """Store the version after the stored one; what was stored besides its fields stays.

        Raises IllegalMove, VersionConflict.
        """
        ...

    def remove(self, aggregate: A) -> None:
        """Remove exactly this version. Raises IllegalMove, VersionConflict."""
        ...


@dataclass(frozen=True)
class Slice(Generic[A_co]):
    """A piece of a shard: aggregates in the order of their identities.

    ``last`` is the identity to read on after, or None at the shard's end.
    """

    aggregates: Sequence[A_co]
    last: str | None


class Shards(Protocol[A_co]):
    """The aggregates by what they have in common, in ``count`` shards. What was just written may not show yet."""

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    def of_list(self, list_id: str, number: int, after: str, most: int) -> Slice[A_co]:
        """Return at most ``most`` of a list's aggregates in one shard, from the identity after ``after``."""
        ...

    def in_status(self, status: StrEnum, number: int, after: str, most: int) -> Slice[A_co]:
        """Return at most ``most`` aggregates in a status, of one shard, from the identity after ``after``."""
        ...

    def with_value(self, field: str, value: str, after: str, most: int) -> Slice[A_co]:
        """Return at most ``most`` aggregates with a value in a field, from the identity after ``after``."""
        ...


class ImportedAggregates(Protocol):
    """The aggregates, by the part of a list. Every write can be repeated and touches no other list's."""

    def taken(self, identities: Collection[str], list_id: str) -> set[str]:
        """Return those identities that exist and did not come with this list."""
        ...

    @property
    def unanswered(self) -> int:
        """When the last write without an answer was sent, in seconds since 1970: it may still take effect. Or 0."""
        ...

    def import_rows(self, list_id: str, rows: Sequence[Mapping[str, Any]], traceparent: str | None) -> None:
        """Create an aggregate for each row, with the list's traceparent; rows that this list created stay.

        Raises AlreadyTaken; rows before the conflict may be written then.
        """
        ...

    def undo_rows(self, list_id: str, identities: Sequence[str]) -> None:
        """Delete the aggregates that this list created, all of them, and leave the others."""
        ...


class AlreadyTaken(Exception):
    """Identities that somebody created between a list's verification and its import."""

    def __init__(self, identities: Sequence[str]) -> None:
        super().__init__(", ".join(identities))
        self.identities = tuple(identities)


class Throttled(Exception):
    """AWS turned a call away because there is too much at once, also after several tries.

    Lambda tells its name to the state machine, which waits longer than after a fault, and does not count it as one.
    """


class Lists(Protocol):
    """The record of every list received."""

    def register(self, received: "ReceivedList") -> "ReceivedList":
        """Record a list for its execution; return the list of the execution, or else the recorded list.

        A list has one execution, and an execution has one list.
        """
        ...

    def remember_broken(self, broken: "PinnedFile", at: "datetime") -> None:
        """Remember for 30 days that an upload broke off ``at`` a time, without recording a list.

        ``broken`` stands for the upload; a later time replaces an earlier one.
        """
        ...

    def broke_off_at(self, broken: "PinnedFile") -> "datetime | None":
        """Return when a broken upload was recorded or remembered, or None. ``broken`` stands for the upload."""
        ...

    def conclude(self, execution: str, list_id: str) -> "ReceivedList":
        """Record that an execution's list is this one, of another execution; return the list of the execution.

        A late call of the execution registers no list any more. If another call was first, its list is returned.
        """
        ...

    def recorded(self, list_ids: Sequence[str]) -> set[str]:
        """Return those that are recorded. What was recorded just now may not show yet."""
        ...

    def get(self, list_id: str) -> "ReceivedList":
        """Return the recorded list. Raises LookupError."""
        ...

    def progress(self, list_id: str, status: "ListStatus", **facts: Fact) -> "ReceivedList":
        """Move a list to a status that may follow its own, with facts such as ``rows``; return the record.

        The record's status tells whether the list moved.
        """
        ...

    def refuse(self, list_id: str, reason: str, during: "Sequence[ListStatus]" = (), **facts: Fact) -> "ReceivedList":
        """Record that a list is being undone, and why; return the record. The first reason stays.

        A list stays as it is if it is being undone already, is closed, or is in none of the statuses ``during``.
        """
        ...

    def take_part(self, list_id: str, part: int, writer: str, until: int) -> "tuple[bool, ReceivedList]":
        """Make an invocation the writer of a part, until a time in seconds since 1970.

        Return whether it is, and the record as it was before: its ``writers`` may name an earlier writer of the part.
        A part that is written, and a list that is not being imported, have no writer.
        """
        ...

    def keep_part(self, list_id: str, part: int, writer: str, rows: int) -> bool:
        """Record how many rows of a part are written; return whether the invocation is still the part's writer."""
        ...

    def leave_part(self, list_id: str, part: int, writer: str, rows: int, until: int) -> None:
        """Record that an invocation writes no more, how many rows are written, and until when others may write."""
        ...

    def part_imported(self, list_id: str, part: int, writer: str) -> bool:
        """Record that a part is written by its writer; return whether it is."""
        ...

    def part_undone(self, list_id: str, part: int) -> None:
        """Record that nothing of a part is left, once however often it is reported."""
        ...


class Files(Protocol):
    """The inbox bucket."""

    def versions(self, key: str) -> "Sequence[StoredVersion]":
        """Return the versions of an object, newest first; of very many, the newest."""
        ...

    def arrived(self) -> "Iterable[StoredVersion]":
        """Return the versions of all files that partners have uploaded."""
        ...

    def version(self, key: str, version: str) -> "StoredVersion | None":
        """Return one version of an object, or None if there is none; whether it was removed since is not looked at."""
        ...

    def open(self, pinned: "PinnedFile") -> BinaryIO:
        """Return one version's bytes as a stream."""
        ...

    def read(self, key: str) -> bytes | None:
        """Return a small object's bytes, or None if there is none."""
        ...

    def write(self, key: str, data: bytes) -> None:
        """Store an object."""
        ...

    def tag(self, key: str) -> str | None:
        """Return the tag of an object's newest version, or None if there is no object."""
        ...

    def replace(self, key: str, data: bytes, tag: str | None) -> bool:
        """Store an object if its newest version still has the tag; return whether it did."""
        ...


class SeenIds(Protocol):
    """The identities met so far in one file, in constant memory."""

    def first_lines(self, found: Sequence[tuple[str, int]]) -> dict[int, int]:
        """Remember (identity, line) pairs; for each repeated one return its line and the line it was first on."""
        ...


class Projection(Protocol):
    """What this context keeps of other contexts' things."""

    def apply(self, event: "ForeignEvent") -> bool:
        """Keep what an event says if it is newer than what is kept about its subject; return whether it was."""
        ...


class References(Protocol):
    """What this context knows of what its aggregates refer to."""

    def known(self, identities: Collection[str]) -> set[str]:
        """Return those that exist; what is recorded as gone does not."""
        ...
