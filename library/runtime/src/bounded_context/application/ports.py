"""The ports of the application, as protocols. Adapters implement them; tests implement them with fakes."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Generic, NamedTuple, Protocol, TypeVar

from pydantic_core import to_jsonable_python

from ..domain.aggregate import Aggregate

if TYPE_CHECKING:
    from datetime import datetime

    from ..domain.events import ForeignEvent
    from ..domain.lists import Failure, ListStatus, PinnedFile, ReceivedList, StoredVersion


A = TypeVar("A", bound=Aggregate[Any, Any])
A_co = TypeVar("A_co", bound=Aggregate[Any, Any], covariant=True)

Fact = int | str | Mapping[str, Any]
"""A value in a list's record: a number, a text, or values by name."""


class Aggregates(Protocol[A]):
    """The stored aggregates, by identity."""

    def get(self, identity: str) -> A:
        """Return the aggregate as stored. Raises NotFound."""

    def add(self, aggregate: A) -> None:
        """Store a new aggregate. Raises AlreadyExists."""

    def save(self, aggregate: A) -> None:
        """Store the version after the stored version; stored attributes besides its fields stay.

        Raises IllegalMove, VersionConflict.
        """

    def remove(self, aggregate: A) -> None:
        """Remove exactly this version. Raises IllegalMove, VersionConflict."""


@dataclass(frozen=True)
class Slice(Generic[A_co]):
    """A piece of a shard: aggregates in the order of their identities, or of the index (see `Shards.with_value`).

    ``last`` is the position after which the next read starts, or None at the shard's end: an identity, or in an index
    with an order the value, a space and the identity.
    """

    aggregates: Sequence[A_co]
    last: str | None


class Shards(Protocol[A_co]):
    """The aggregates by a common value, in ``count`` shards. Recent writes may be missing."""

    @property
    def count(self) -> int:
        """The number of shards."""

    def of_list(self, list_id: str, number: int, after: str, most: int) -> Slice[A_co]:
        """Return at most ``most`` of a list's aggregates in a shard, from the identity after ``after``."""

    def in_status(self, status: StrEnum, number: int, after: str, most: int) -> Slice[A_co]:
        """Return at most ``most`` aggregates in a status, of a shard, from the identity after ``after``."""

    def with_value(self, field: str, value: str, after: str, most: int) -> Slice[A_co]:
        """Return at most ``most`` aggregates with a value in a field, from the position after ``after``.

        They are in the order that ``queried_by`` gives the field (`bounded_context.By`), or else of their identities.
        """


class StoredChildren(Protocol):
    """The children of aggregates."""

    def read(self, identity: str, child: str, after: int, most: int) -> tuple[list[dict[str, Any]], bool]:
        """Return at most ``most`` children after a number, and whether there are more. Raises NotFound."""


class ImportedAggregates(Protocol):
    """The aggregates, by the part of a list. Every write can be repeated and changes no other list's aggregates."""

    def taken(self, identities: Collection[str], list_id: str) -> set[str]:
        """Return the identities that exist and were not imported by this list."""

    @property
    def unanswered(self) -> int:
        """The time of the last write without an answer, in seconds since 1970, or 0. It may still take effect."""

    def import_rows(self, list_id: str, rows: Sequence[Mapping[str, Any]], traceparent: str | None) -> None:
        """Create an aggregate for each row, with the list's traceparent; aggregates that this list created stay.

        Raises AlreadyTaken; rows before the conflict may be written then.
        """

    def undo_rows(self, list_id: str, identities: Sequence[str]) -> None:
        """Delete all aggregates of the given identities that this list created, and keep the others."""


class AlreadyTaken(Exception):
    """Identities that another caller created between a list's verification and its import."""

    def __init__(self, identities: Sequence[str]) -> None:
        super().__init__(", ".join(identities))
        self.identities = tuple(identities)


THROTTLING_CODES: Final = frozenset(
    (
        "KMSThrottling",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    )
)
"""The error codes by which DynamoDB, S3, KMS and further services of AWS throttle a call."""


class Throttled(Exception):
    """AWS throttled a call, or another system did not answer a rule, also after several tries.

    Lambda reports the name of this class to the state machine, which waits longer than after a fault and does not count
    the try.
    """


class Lists(Protocol):
    """The records of all lists."""

    def register(self, received: "ReceivedList") -> "ReceivedList":
        """Record a list for its execution; return the list of the execution, or else the recorded list.

        A list has one execution, and an execution has one list.
        """

    def remember_broken(self, broken: "PinnedFile", at: "datetime") -> None:
        """Remember for 30 days that an upload broke off ``at`` a time, without recording a list.

        ``broken`` is the placeholder of the upload; a later time replaces an earlier time.
        """

    def broke_off_at(self, broken: "PinnedFile") -> "datetime | None":
        """Return when a broken upload was recorded or remembered, or None. ``broken`` is its placeholder."""

    def conclude(self, execution: str, list_id: str) -> "ReceivedList":
        """Record another execution's list as the list of an execution; return the list of the execution.

        A late call of the execution registers no list any more. If another call was first, its list is returned.
        """

    def recorded(self, list_ids: Sequence[str]) -> set[str]:
        """Return the ids of recorded lists that await no scan. Recent records may be missing."""

    def get(self, list_id: str) -> "ReceivedList":
        """Return the recorded list. Raises LookupError."""

    def record_scan(self, list_id: str, execution: str, result: str, reason: str | None, code: str) -> "ReceivedList":
        """Record the result of the scan that a list awaits, and the reason to refuse the list with its code.

        Return the record.

        The execution then has the list. A list that awaits no scan stays as it is.
        """

    def progress(self, list_id: str, status: "ListStatus", **facts: Fact) -> "ReceivedList":
        """Move a list to a status that may follow its own, with facts such as ``rows``; return the record.

        The record's status shows whether the list moved.
        """

    def refuse(self, list_id: str, reason: str, during: "Sequence[ListStatus]" = (), **facts: Fact) -> "ReceivedList":
        """Record that a list is being undone, and why; return the record. The first reason stays.

        A list stays as it is if it is being undone already, is closed, or is in none of the statuses ``during``.
        """

    def decide(self, list_id: str, by: str, at: int, reason: str = "") -> "tuple[bool, ReceivedList]":
        """Record who approved a list that waits for its approval, and when; with a ``reason``, who rejected it.

        Return whether the decision is recorded, and the record. A list that does not wait stays as it is.
        """

    def take_part(self, list_id: str, part: int, writer: str, until: int) -> "tuple[bool, ReceivedList]":
        """Make an invocation the writer of a part, until a time in seconds since 1970.

        Return whether it is, and the record as it was before: its ``writers`` may name an earlier writer of the part.
        A part that is written, and a list that is not being imported, have no writer.
        """

    def keep_part(self, list_id: str, part: int, writer: str, rows: int) -> bool:
        """Record how many rows of a part are written; return whether the invocation is still the part's writer."""

    def leave_part(self, list_id: str, part: int, writer: str, rows: int, until: int) -> None:
        """Record that an invocation writes no more, how many rows are written, and until when others may write."""

    def part_imported(self, list_id: str, part: int, writer: str) -> bool:
        """Record that a part is written by its writer; return whether it is."""

    def part_undone(self, list_id: str, part: int) -> None:
        """Record that all rows of a part are undone. Repetitions have no effect."""

    def record_failure(self, list_id: str, failure: "Failure", part: int | None = None) -> None:
        """Remember for 30 days the exception of a step, or of a part's import. Its next exception replaces it."""

    def failure(self, list_id: str, step: str, part: int | None = None) -> "Failure | None":
        """Return the last exception of a step or of a part's import, or None. A later try may have succeeded."""


class Files(Protocol):
    """The inbox bucket."""

    def versions(self, key: str) -> "Sequence[StoredVersion]":
        """Return the versions of an object, newest first. A long history may be cut at its old end."""

    def arrived(self) -> "Iterable[StoredVersion]":
        """Return the versions of all files that partners have uploaded."""

    def version(self, key: str, version: str) -> "StoredVersion | None":
        """Return a version of an object, or None. Whether the object was removed since is not checked."""

    def scan_result(self, pinned: "PinnedFile") -> str | None:
        """Return the result of a version's malware scan, or None if it has no result yet."""

    def open(self, pinned: "PinnedFile", start: int = 0, end: int | None = None) -> BinaryIO:
        """Return one version's bytes as a stream, from the byte ``start`` to the byte before ``end``."""

    def stream(self, key: str) -> BinaryIO | None:
        """Return an object's bytes as a stream, or None if it does not exist."""

    def read(self, key: str) -> bytes | None:
        """Return a small object's bytes, or None if it does not exist."""

    def read_all(self, keys: Sequence[str]) -> Iterator[bytes | None]:
        """Yield the bytes of small objects in the order of their keys, or None for an object that does not exist."""

    def write(self, key: str, data: bytes) -> None:
        """Store an object."""

    def tag(self, key: str) -> str | None:
        """Return the tag of an object's newest version, or None if there is no object."""

    def replace(self, key: str, data: bytes, tag: str | None) -> bool:
        """Store an object if its newest version still has the tag; return whether it did."""


class SeenIds(Protocol):
    """The identities of a file that were read so far, in constant memory."""

    def first_lines(self, found: Sequence[tuple[str, int]]) -> dict[int, int]:
        """Remember (identity, line) pairs; for each repeated identity return its line and its first line."""


class RepeatedLines(Protocol):
    """The lines of a file with the identity of an earlier line, in constant memory."""

    def add(self, repeated: Iterable[tuple[int, int]]) -> None:
        """Remember lines, each with the first line of its identity."""

    def between(self, first: int, last: int) -> dict[int, int]:
        """Return the lines from ``first`` to ``last``, each with the first line of its identity."""


class Projection(Protocol):
    """The stored events of other contexts."""

    def apply(self, event: "ForeignEvent") -> bool:
        """Store an event if it is newer than the stored event of its subject; return whether it was."""


class Turn(NamedTuple):
    """The right to react to an event, for a time: the reaction goes on after the identity ``after``.

    Otherwise ``busy_until`` has the end of the call that has this right, in seconds since 1970. It is None if the
    reaction is done, or if a newer event has replaced the event.
    """

    granted: bool
    after: str = ""
    busy_until: int | None = None


class Progress(Protocol):
    """The progress of the reactions to events, by subject. Only the newest event of a subject is reacted to.

    ``writer`` names a call. A call that has a turn loses it when a newer event of the subject arrives.
    """

    def announce(self, subject: str, order: str) -> None:
        """Store that there is an event at a position: older events of the subject are not reacted to any more."""

    def take(self, subject: str, order: str, writer: str, until: int) -> Turn:
        """Take the turn for an event at a position among the events of its subject, until a time since 1970."""

    def keep(self, subject: str, order: str, writer: str, after: str) -> bool:
        """Store the identity after which the reaction goes on; return whether the call still has its turn."""

    def leave(self, subject: str, writer: str) -> None:
        """Give the turn back, if the call still has it."""

    def finish(self, subject: str, order: str, writer: str) -> bool:
        """Store that the reaction is done, and give the turn back; return whether the call still had its turn."""


class References(Protocol):
    """Other contexts' aggregates to which the aggregates refer."""

    def known(self, identities: Collection[str]) -> set[str]:
        """Return the identities that exist; an aggregate that is recorded as gone does not exist."""


class Copies(Protocol):
    """The copies of other contexts' aggregates, to which the aggregates refer."""

    def copies(self, identities: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return the copied fields of the identities that exist."""


class BadReply(Exception):
    """A reply that is no success, or no JSON. The message quotes no content."""


@dataclass(frozen=True)
class Reply:
    """The reply of a system that answers: a status below 500 except 429, and the text of the body."""

    status: int
    text: str = field(repr=False)

    def json(self) -> Any:
        """Return the body of a successful reply. Raises BadReply."""
        if not 200 <= self.status <= 299:
            raise BadReply(f"the system replied with status {self.status}")
        try:
            return json.loads(self.text)
        except ValueError:
            raise BadReply("the system's reply is not JSON") from None


class SystemRequest(NamedTuple):
    """A request: ``body`` has JSON values only. ``key`` is the same for all attempts of one effect."""

    method: str
    path: str
    body: Any = None
    key: str = ""


Answer = Callable[[SystemRequest], tuple[int, Any]]
"""A system for tests and for the local run: returns the status and the JSON value of a reply."""


class System(Protocol):
    """Another system. Both methods raise `Unavailable` if it does not answer, also after several tries."""

    def get(self, path: str, /) -> Reply:
        """Return the reply to a request without an effect."""

    def post(self, path: str, body: Any, /, *, key: str) -> Reply:
        """Return the reply to a request with an effect.

        The system gets ``key`` in ``Idempotency-Key``: retries, and a repeated command, must have one effect.
        """


Send = Callable[[SystemRequest], Reply]


class Sender:
    """The methods of `System`, over one function that sends."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def get(self, path: str, /) -> Reply:
        """Return the reply to a request without an effect. Raises Unavailable."""
        return self._send(SystemRequest("GET", path))

    def post(self, path: str, body: Any, /, *, key: str) -> Reply:
        """Return the reply to a request with an effect, of which all attempts have one key. Raises Unavailable."""
        return self._send(SystemRequest("POST", path, to_jsonable_python(body), key))


def answers(status: int) -> bool:
    """Return whether a status is an answer. 429 and 5xx ask for a later attempt."""
    return status != 429 and status < 500
