"""In-memory adapters of a context, for tests."""

import hashlib
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, BinaryIO, Final, Generic, TypeVar

from ..application.ports import Aggregates, AlreadyTaken
from ..application.verification import CreatingRule, RowsCheck, known_to, not_taken
from ..declaration.context import Context
from ..domain.aggregate import Aggregate, AlreadyExists, ListOpen, NotFound, VersionConflict
from ..domain.events import ForeignEvent, newer
from ..domain.faults import ListFault
from ..domain.fields import now
from ..domain.formats import Formats
from ..domain.lists import BEFORE, INCOMING, Failure, ListStatus, PinnedFile, ReceivedList, StoredVersion
from ..lists import ListImport

A = TypeVar("A", bound=Aggregate[Any, Any])

KNOWN: Final = ("ref-0", "ref-1", "ref-2")
"""The identities of the aggregates that samples reference."""

_KEPT = {field.name for field in fields(ReceivedList)}


class InMemoryAggregates(Generic[A]):
    """The aggregates by identity (``stored``), from commands and from lists, and their children by identity and name.

    ``traceparents`` holds the trace headers of imported rows. ``unanswered`` is the time of the last write without an
    answer, in seconds since 1970. ``is_open`` returns whether a list is still open.
    """

    def __init__(self, context: Context[A], is_open: Callable[[str], bool] = lambda _: False) -> None:
        self._context = context
        self._is_open = is_open
        self.stored: dict[str, A] = {}
        self.children: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.unanswered = 0
        self.traceparents: set[str | None] = set()

    def get(self, identity: str) -> A:
        """Return a copy of the stored aggregate. Raises NotFound."""
        if identity not in self.stored:
            raise NotFound(self._context.identity, identity)
        return replace(self.stored[identity], previous_status=None)

    def add(self, aggregate: A) -> None:
        """Store a new aggregate. Raises AlreadyExists, SeveralChanges."""
        self._context.transitions.creation(aggregate)
        if aggregate.id in self.stored:
            raise AlreadyExists(self._context.identity, aggregate.id)
        aggregate.stored_as(secrets.token_hex(8), now())
        self.stored[aggregate.id] = aggregate

    def save(self, aggregate: A) -> None:
        """Replace the stored aggregate by its next version.

        Raises IllegalMove, ListOpen, SeveralChanges, VersionConflict.
        """
        self._context.transitions.change(aggregate)
        self._of_closed_list(aggregate)
        self._at_version(aggregate.id, aggregate.version - 1)
        aggregate.stored_as(aggregate.etag, now())
        self.stored[aggregate.id] = replace(aggregate, added=None)
        for name, child in aggregate.last_child.items() if aggregate.added else ():
            self.children.setdefault((aggregate.id, name), []).append(dict(child))

    def remove(self, aggregate: A) -> None:
        """Delete exactly this version. Raises IllegalMove, ListOpen, VersionConflict."""
        self._context.transitions.removal(aggregate)
        self._of_closed_list(aggregate)
        self._at_version(aggregate.id, aggregate.version)
        del self.stored[aggregate.id]
        self.children = {key: children for key, children in self.children.items() if key[0] != aggregate.id}

    def _of_closed_list(self, aggregate: A) -> None:
        if aggregate.list_id is not None and self._is_open(aggregate.list_id):
            raise ListOpen(self._context.identity, aggregate.id)

    def _at_version(self, identity: str, version: int) -> None:
        if identity not in self.stored or self.stored[identity].version != version:
            raise VersionConflict(self._context.identity, identity, version)

    def taken(self, identities: Collection[str], list_id: str) -> set[str]:
        """Return the identities that exist and were not imported by this list."""
        return {identity for identity in identities if self._is_anothers(identity, list_id)}

    def import_rows(self, list_id: str, rows: Sequence[Mapping[str, Any]], traceparent: str | None) -> None:
        """Create an aggregate for each row that this list has not imported yet. Raises AlreadyTaken."""
        self.traceparents.add(traceparent)
        for row in rows:
            identity = row[self._context.identity]
            if self._is_anothers(identity, list_id):
                raise AlreadyTaken([identity])
            self.stored.setdefault(identity, self._created(row, list_id))

    def _created(self, row: Mapping[str, Any], list_id: str) -> A:
        kind = self._context.aggregate
        details: Any = kind.details_type.model_validate_stored(row)
        status: Any = self._context.initial_status
        state: Any = kind.state_type.model_validate_stored(row)
        return kind(details, status, list_id=list_id, state=state, created_at=now(), changed_at=now())

    def undo_rows(self, list_id: str, identities: Sequence[str]) -> None:
        """Delete the aggregates that this list imported; ignore all others."""
        for identity in identities:
            if identity in self.stored and not self._is_anothers(identity, list_id):
                del self.stored[identity]

    def _is_anothers(self, identity: str, list_id: str) -> bool:
        return identity in self.stored and self.stored[identity].list_id != list_id


@dataclass
class InMemoryLists:
    """The records of lists, the writers of their parts, and the list of each execution (``runs``).

    ``failures`` has the last exception by list, step and part. ``changes`` counts the changes of a status.
    """

    stored: dict[str, ReceivedList] = field(default_factory=dict)
    writers: dict[tuple[str, int], str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    failures: dict[tuple[str, str, int | None], Failure] = field(default_factory=dict)
    changes: int = 0
    _broken: dict[str, datetime] = field(default_factory=dict, init=False)

    def register(self, received: ReceivedList) -> ReceivedList:
        """Record a list for its execution. Return the list that the execution already has, or the recorded list."""
        list_id = self.runs.get(received.execution, received.list_id)
        if list_id not in self.stored:
            self.stored[list_id] = replace(received, received_at=datetime.now(UTC))
            self.runs[received.execution] = list_id
        return self.stored[list_id]

    def conclude(self, execution: str, list_id: str) -> ReceivedList:
        """Assign another execution's list to an execution that has none. Return the execution's list."""
        return self.stored[self.runs.setdefault(execution, list_id)]

    def remember_broken(self, broken: PinnedFile, at: datetime) -> None:
        """Store the time of a broken upload without recording a list."""
        self._broken[broken.list_id] = at

    def broke_off_at(self, broken: PinnedFile) -> datetime | None:
        """Return the time at which a broken upload was recorded or remembered, or None."""
        recorded = self.stored.get(broken.list_id)
        return recorded.received_at if recorded else self._broken.get(broken.list_id)

    def recorded(self, list_ids: Sequence[str]) -> set[str]:
        """Return the ids of the recorded lists that await no scan."""
        return {list_id for list_id in self.stored.keys() & set(list_ids) if not self.stored[list_id].awaits_scan}

    def get(self, list_id: str) -> ReceivedList:
        """Return the recorded list. Raises LookupError."""
        return self.stored[list_id]

    def record_scan(self, list_id: str, execution: str, result: str, reason: str | None, code: str) -> ReceivedList:
        """Record the result of the scan that a list awaits, for an execution. Return the record."""
        if self.stored[list_id].awaits_scan:
            refusal = {"reason": reason, "code": code} if reason else {}
            self._change(list_id, execution=execution, scan=result, awaits_scan=False, **refusal)
        return self.stored[list_id]

    def is_open(self, list_id: str) -> bool:
        """Return whether rows of the list may still be written or undone. A list without a record is not open."""
        return list_id in self.stored and self.stored[list_id].status is not ListStatus.IMPORTED

    def progress(self, list_id: str, status: ListStatus, **facts: Any) -> ReceivedList:
        """Move a list to a status if its current status allows that. Return the record."""
        if "failure" in facts:
            facts["failure"] = Failure.of(facts["failure"])
        return self._move(list_id, status, BEFORE[status], facts)

    def refuse(self, list_id: str, reason: str, during: Sequence[ListStatus] = (), **facts: Any) -> ReceivedList:
        """Set the status of a list to "being undone". Keep the first reason. Return the record."""
        before, undone = self.stored[list_id], ListStatus.COMPENSATING
        first = {"reason": before.reason, "code": before.code} if before.reason else {"reason": reason}
        return self._move(list_id, undone, during or BEFORE[undone], {**facts, **first})

    def decide(self, list_id: str, by: str, at: int, reason: str = "") -> tuple[bool, ReceivedList]:
        """Record an approval, or with a reason a rejection, of a list that waits. Return whether it is recorded."""
        if not self.stored[list_id].awaits_approval:
            return False, self.stored[list_id]
        self._change(list_id, decided_at=at, decided_by=by)
        return True, self.refuse(list_id, reason, code=ListFault.NOT_APPROVED) if reason else self.stored[list_id]

    def _move(
        self, list_id: str, status: ListStatus, statuses: Sequence[ListStatus], facts: Mapping[str, Any]
    ) -> ReceivedList:
        if self.stored[list_id].status in statuses:
            self.changes += 1
            self._change(list_id, status=status, **{name: value for name, value in facts.items() if name in _KEPT})
        return self.stored[list_id]

    def _change(self, list_id: str, **facts: Any) -> None:
        self.stored[list_id] = replace(self.stored[list_id], **facts)

    def take_part(self, list_id: str, part: int, writer: str, until: int) -> tuple[bool, ReceivedList]:
        """Make an invocation the writer of a part. Return whether it succeeded, and the previous record."""
        before = self.stored[list_id]
        is_writer = before.status is ListStatus.IMPORTING and part not in before.imported_parts
        if is_writer:
            self.writers[list_id, part] = writer
            self._change(list_id, writers={**before.writers, part: until})
        return is_writer, before

    def keep_part(self, list_id: str, part: int, writer: str, rows: int) -> bool:
        """Record the number of written rows of a part. Return whether the invocation is still the part's writer."""
        if not self._writes(list_id, part, writer):
            return False
        self._change(list_id, written={**self.stored[list_id].written, part: rows})
        return True

    def _writes(self, list_id: str, part: int, writer: str) -> bool:
        importing = self.stored[list_id].status is ListStatus.IMPORTING
        return importing and self.writers.get((list_id, part)) == writer

    def leave_part(self, list_id: str, part: int, writer: str, rows: int, until: int) -> None:
        """Record the written rows of an invocation that ends, and the time until which others may write."""
        before = self.stored[list_id]
        if self.writers.get((list_id, part)) == writer:
            rows_written, writers = {**before.written, part: rows}, {**before.writers, part: until}
            self._change(list_id, written=rows_written, writers=writers)

    def part_imported(self, list_id: str, part: int, writer: str) -> bool:
        """Record that the writer has imported a part. Return False if the invocation is not the part's writer."""
        if not self._writes(list_id, part, writer):
            return False
        before = self.stored[list_id]
        writers = {number: until for number, until in before.writers.items() if number != part}
        self._change(list_id, imported_parts=before.imported_parts | {part}, writers=writers)
        return True

    def part_undone(self, list_id: str, part: int) -> None:
        """Record that all rows of a part are undone. Repeated calls have no further effect."""
        self._change(list_id, undone_parts=self.stored[list_id].undone_parts | {part})

    def record_failure(self, list_id: str, failure: Failure, part: int | None = None) -> None:
        """Remember the exception of a step, or of a part's import."""
        self.failures[list_id, failure.step, part] = failure

    def failure(self, list_id: str, step: str, part: int | None = None) -> Failure | None:
        """Return the last exception of a step, or of a part's import, or None."""
        return self.failures.get((list_id, step, part))


@dataclass
class InMemoryFiles:
    """A bucket whose version ids count the writes of a key. ``removed`` holds the keys of deleted objects.

    ``since`` is the storage time of new objects; a test may change it between two writes. ``scans`` holds the results
    of malware scans by key and version.
    """

    objects: dict[str, list[bytes]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    scans: dict[tuple[str, str], str] = field(default_factory=dict)
    _stored_at: dict[tuple[str, str], datetime] = field(default_factory=dict, init=False)

    def versions(self, key: str) -> list[StoredVersion]:
        """Return the versions of an object, newest first."""
        numbered = enumerate(self.objects.get(key, []), start=1)
        return [self._version(key, str(number), data) for number, data in numbered][::-1]

    def arrived(self) -> list[StoredVersion]:
        """Return the versions of all files that partners have uploaded."""
        keys = [key for key in self.objects if key.startswith(f"{INCOMING}/")]
        return [version for key in keys for version in self.versions(key)]

    def version(self, key: str, version: str) -> StoredVersion | None:
        """Return a version of an object, or None."""
        return next((candidate for candidate in self.versions(key) if candidate.file.version_id == version), None)

    def scan_result(self, pinned: PinnedFile) -> str | None:
        """Return the result of a version's malware scan, or None."""
        return self.scans.get((pinned.key, pinned.version_id))

    def _version(self, key: str, version: str, data: bytes) -> StoredVersion:
        etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
        stored_at = self._stored_at.get((key, version), self.since)
        return StoredVersion(PinnedFile("inbox", key, version, len(data)), etag, stored_at, key in self.removed)

    def open(self, pinned: PinnedFile, start: int = 0, end: int | None = None) -> BinaryIO:
        """Return the bytes of a version as a stream, from the byte ``start`` to the byte before ``end``."""
        return BytesIO(self.objects[pinned.key][int(pinned.version_id) - 1][start:end])

    def stream(self, key: str) -> BinaryIO | None:
        """Return the bytes of an object as a stream, or None."""
        return BytesIO(self.objects[key][-1]) if key in self.objects else None

    def read(self, key: str) -> bytes | None:
        """Return the bytes of an object, or None."""
        return self.objects[key][-1] if key in self.objects else None

    def read_all(self, keys: Sequence[str]) -> Iterator[bytes | None]:
        """Yield the bytes of each object, or None."""
        return map(self.read, keys)

    def write(self, key: str, data: bytes) -> None:
        """Store an object."""
        versions = self.objects.setdefault(key, [])
        versions.append(data)
        self._stored_at[key, str(len(versions))] = self.since

    def tag(self, key: str) -> str | None:
        """Return the tag of an object's newest version, or None without such an object."""
        return str(len(self.objects[key])) if key in self.objects else None

    def replace(self, key: str, data: bytes, tag: str | None) -> bool:
        """Store an object if its newest version still has the tag. Return whether it was stored."""
        if self.tag(key) != tag:
            return False
        self.write(key, data)
        return True


@dataclass
class InMemorySeenIds:
    """The first line of each identity in a file."""

    first: dict[str, int] = field(default_factory=dict)

    def first_lines(self, found: Sequence[tuple[str, int]]) -> dict[int, int]:
        """Remember (identity, line) pairs. For each repeated identity, return its line and its first line."""
        return {line: self.first[identity] for identity, line in found if self.first.setdefault(identity, line) != line}


@dataclass
class InMemoryProjection:
    """The projection of other contexts' aggregates: the newest event of each, by aggregate type and identity."""

    kept: dict[tuple[str, str], ForeignEvent] = field(default_factory=dict)

    def apply(self, event: ForeignEvent) -> bool:
        """Store an event if it is newer than the stored event of its subject. Return whether it was stored."""
        key = (event.aggregate, event.subject)
        before = self.kept.get(key)
        self.kept[key] = newer(event, before)
        return self.kept[key] is not before


@dataclass
class InMemoryReferences:
    """The known identities of a type of aggregate."""

    identities: set[str] = field(default_factory=set)

    def known(self, identities: Collection[str]) -> set[str]:
        """Return the identities that exist."""
        return self.identities.intersection(identities)


@dataclass
class InMemoryCopies:
    """The copied fields of another context's aggregates, by identity, in place of `bounded_context.aws.copies`."""

    fields: dict[str, dict[str, Any]] = field(default_factory=dict)

    def get(self, identity: str) -> dict[str, Any] | None:
        """Return the fields of an aggregate, or None if the aggregate is unknown."""
        return self.fields.get(identity)

    def copies(self, identities: Collection[str]) -> dict[str, dict[str, Any]]:
        """Return the fields of the identities that exist."""
        return {identity: self.fields[identity] for identity in identities if identity in self.fields}


class InMemory(Generic[A]):
    """All adapters of a context.

    Args:
        context: the context.
        known: known identities by the field of the rows that refers to them; by default the samples' identities.
        rule: the use case that each row of a list must pass; by default the rule of the creating command.
    """

    def __init__(
        self,
        context: Context[A],
        known: Mapping[str, Collection[str]] | None = None,
        rule: Callable[[Any, Aggregates[A]], A] | None = None,
    ) -> None:
        self.context = context
        self._rule = rule or context.creating.rule
        self.lists = InMemoryLists()
        self.aggregates = InMemoryAggregates(context, self.lists.is_open)
        self.files = InMemoryFiles()
        self.formats = Formats()
        self.projection = InMemoryProjection()
        identities = dict.fromkeys(context.references, KNOWN) if known is None else known
        self.references = {field: InMemoryReferences(set(identities.get(field, ()))) for field in context.references}

    def list_import(self) -> ListImport:
        """Return the steps of the list workflow."""
        imported, formats = lambda: self.aggregates, lambda: self.formats
        return ListImport(self.context, self.lists, self.files, imported, InMemorySeenIds, formats)

    def checks(self) -> list[RowsCheck[Any]]:
        """Return the checks of the verification.

        References must be known, identities must be new, and each row must pass the creating command's rule.
        """
        references_exist = [known_to(references, field) for field, references in self.references.items()]
        obeys = CreatingRule(self.context, self._rule, self.aggregates)
        return [*references_exist, not_taken(self.aggregates, self.context.identity), obeys]
