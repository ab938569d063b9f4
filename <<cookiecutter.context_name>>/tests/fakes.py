"""The ports, filled with dictionaries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from io import BytesIO
from typing import Any, BinaryIO

from <<cookiecutter.__package>>.application.ports import AlreadyTaken
from <<cookiecutter.__package>>.domain.lists import ListStatus, PinnedFile, ReceivedList
from <<cookiecutter.__package>>.domain.model import ID, AlreadyExists, NotFound, <<cookiecutter.context_name>>, VersionConflict
from <<cookiecutter.__package>>.domain.projection import ForeignEvent, newer

_KEPT = {field.name for field in fields(ReceivedList)}


@dataclass
class Fake<<cookiecutter.context_name>>s:
    """Aggregates in memory."""

    stored: dict[str, <<cookiecutter.context_name>>] = field(default_factory=dict)

    def get(self, identity: str) -> <<cookiecutter.context_name>>:
        if identity not in self.stored:
            raise NotFound(identity)
        return self.stored[identity]

    def add(self, <<cookiecutter.__package>>: <<cookiecutter.context_name>>) -> None:
        if <<cookiecutter.__package>>.id in self.stored:
            raise AlreadyExists(<<cookiecutter.__package>>.id)
        self.stored[<<cookiecutter.__package>>.id] = <<cookiecutter.__package>>

    def save(self, <<cookiecutter.__package>>: <<cookiecutter.context_name>>) -> None:
        if self.stored[<<cookiecutter.__package>>.id].version != <<cookiecutter.__package>>.version - 1:
            raise VersionConflict(<<cookiecutter.__package>>.id, <<cookiecutter.__package>>.version - 1)
        self.stored[<<cookiecutter.__package>>.id] = <<cookiecutter.__package>>

    def remove(self, <<cookiecutter.__package>>: <<cookiecutter.context_name>>) -> None:
        del self.stored[<<cookiecutter.__package>>.id]


@dataclass
class FakeImported<<cookiecutter.context_name>>s:
    """Which list brought which identity, and in which trace; no list stands for a command."""

    owners: dict[str, str | None] = field(default_factory=dict)
    traceparents: set[str | None] = field(default_factory=set)

    def taken(self, identities: Collection[str], list_id: str) -> set[str]:
        return {identity for identity in identities if self.owners.get(identity, list_id) != list_id}

    def import_rows(self, list_id: str, rows: Sequence[Mapping[str, Any]], traceparent: str | None = None) -> None:
        self.traceparents.add(traceparent)
        for row in rows:
            if self.taken([row[ID]], list_id):
                raise AlreadyTaken([row[ID]])
            self.owners[row[ID]] = list_id

    def undo_rows(self, list_id: str, identities: Sequence[str]) -> None:
        for identity in identities:
            if self.owners.get(identity) == list_id:
                del self.owners[identity]


@dataclass
class FakeLists:
    """Lists' records in memory."""

    stored: dict[str, ReceivedList] = field(default_factory=dict)
    parts: dict[str, set[int]] = field(default_factory=dict)
    changes: int = 0

    def register(self, received: ReceivedList) -> ReceivedList:
        return self.stored.setdefault(received.list_id, received)

    def get(self, list_id: str) -> ReceivedList:
        return self.stored[list_id]

    def progress(self, list_id: str, status: ListStatus, **facts: Any) -> None:
        self.changes += 1
        kept = {name: value for name, value in facts.items() if name in _KEPT}
        self.stored[list_id] = replace(self.stored[list_id], status=status, **kept)

    def refuse(self, list_id: str, reason: str, **facts: Any) -> None:
        self.progress(list_id, ListStatus.COMPENSATING, **facts)
        self.stored[list_id] = replace(self.stored[list_id], reason=self.stored[list_id].reason or reason)

    def part_imported(self, list_id: str, part: int) -> None:
        self.parts.setdefault(list_id, set()).add(part)


@dataclass
class FakeFiles:
    """A bucket in memory; the version is how often a key was written."""

    objects: dict[str, list[bytes]] = field(default_factory=dict)

    def pin(self, key: str, version: str | None = None) -> PinnedFile | None:
        versions = self.objects.get(key, [])
        number = int(version or len(versions))
        return PinnedFile("inbox", key, str(number), len(versions[number - 1])) if versions else None

    def open(self, pinned: PinnedFile) -> BinaryIO:
        return BytesIO(self.objects[pinned.key][int(pinned.version_id) - 1])

    def read(self, key: str) -> bytes | None:
        return self.objects[key][-1] if key in self.objects else None

    def write(self, key: str, data: bytes) -> None:
        self.objects.setdefault(key, []).append(data)


@dataclass
class FakeProjection:
    """What is kept of other contexts' things."""

    kept: dict[str, ForeignEvent] = field(default_factory=dict)

    def apply(self, event: ForeignEvent) -> bool:
        before = self.kept.get(event.subject)
        self.kept[event.subject] = newer(event, before)
        return self.kept[event.subject] is not before


@dataclass
class FakeReferences:
    """What the context knows of other contexts."""

    identities: set[str] = field(default_factory=set)

    def known(self, identities: Collection[str]) -> set[str]:
        return self.identities & set(identities)
