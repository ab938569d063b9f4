"""A context of a fleet for its portal: its declaration from the survey, and its repository's committed documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from ..consumption import consumptions, major, pairs, subscribers
from ..members import Member

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""The names that may be part of a file's name."""
_VERSION: Final = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")


@dataclass(frozen=True)
class Event:
    """A committed version of an event: its schema, and a generated sample of its data, if there is one.

    ``label`` is the message attribute of its major version. ``until`` is the day from which it may be removed, or None.
    """

    type: str
    label: str
    version: str
    schema: Mapping[str, Any]
    sample: Any
    is_published: bool
    until: str | None


@dataclass(frozen=True)
class Service:
    """A context with the consumers of its events: the stacks of each context, and the subscribers, by label."""

    member: Member
    consumers: Mapping[str, Mapping[str, Sequence[str]]]
    subscribers: Mapping[str, Sequence[str]]
    consumes: Mapping[tuple[str, str], Sequence[str]]
    """The stacks that consume an event, by the publisher and the label."""
    has_documents: bool = True
    """Whether the committed documents of its repository have the form of this template."""

    def without_documents(self) -> Service:
        """Return the context without the documents of its repository, with the reason."""
        sentence = "Its documents have another form: run `uv run context contracts` and `uv run context openapi`."
        member = replace(self.member, errors=(*self.member.errors, sentence))
        return replace(self, member=member, has_documents=False)

    @property
    def name(self) -> str:
        """The context's name, as a part of a file's name."""
        return file_name(self.member.name) or "unnamed"

    @property
    def title(self) -> str:
        """The context's name for people."""
        return str(self.member.survey.get("title") or self.member.name)

    @property
    def summary(self) -> str:
        """The description of the repository's package."""
        return str(self.member.survey.get("description") or f"The context {self.title}.")

    def facts(self, name: str) -> Any:  # noqa: ANN401 (JSON)
        """Return a list of declared facts, such as the commands; empty if they are unknown."""
        return self.member.survey.get(name) or []

    @property
    def aggregate(self) -> Mapping[str, Any]:
        """The aggregate's name, summary, identity and statuses; empty if they are unknown."""
        return self.member.survey.get("aggregate") or {}

    @cached_property
    def domain(self) -> str:
        """The system of the component in the repository's catalogue; the context's own name without a catalogue."""
        try:
            text = (self.member.folder / "catalog-info.yaml").read_text(encoding="utf-8")
            entities = [entity for entity in yaml.safe_load_all(text) if isinstance(entity, dict)]
            systems = (entity["spec"].get("system") for entity in entities if entity.get("kind") == "Component")
            system = next(systems, None)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError):
            system = None
        return system if isinstance(system, str) and _NAME.fullmatch(system) else self.name

    @cached_property
    def api(self) -> dict[str, Any]:
        """The OpenAPI document; empty without an API."""
        return self._document("docs/api/openapi.json")

    @cached_property
    def async_api(self) -> dict[str, Any]:
        """The AsyncAPI document; empty if it cannot be read."""
        return self._document("events/asyncapi.json")

    def _document(self, path: str) -> dict[str, Any]:
        return _json(self.member.folder / path) if self.has_documents else {}

    @property
    def version(self) -> str:
        """The version of its package."""
        return str((self.async_api.get("info") or {}).get("version", "0.0.0"))

    @cached_property
    def events(self) -> Sequence[Event]:
        """All committed versions of its events, the newest version of a type first."""
        types = sorted(self.member.publishes) if self.has_documents else ()
        return [event for name in types if _NAME.fullmatch(name) for event in self._of(name)]

    def _of(self, event_type: str) -> Iterator[Event]:
        published = {major(label): label for label in self.member.publishes[event_type]}
        folder = self.member.folder / "events" / event_type
        paths = [path for path in folder.glob("*.json") if _VERSION.fullmatch(path.stem)]
        newest: set[int] = set()
        for path in sorted(paths, key=lambda path: [int(number) for number in path.stem.split(".")], reverse=True):
            number = int(path.stem.split(".")[0])
            label = published.get(number, event_type if number == 1 else f"{event_type}.{number}")
            is_published = number in published and number not in newest
            newest.add(number)
            until = self.member.deprecated.get(label) if is_published else None
            sample = self._samples.get((event_type, path.stem))
            yield Event(event_type, label, path.stem, _json(path), sample, is_published, until)

    @cached_property
    def _samples(self) -> Mapping[tuple[str, str], Any]:
        """The data of the generated samples of all released versions, by type and version."""
        samples: dict[tuple[str, str], Any] = {}
        for path in sorted((self.member.folder / "released").glob("*.json")):
            for event_type, events in (_json(path).get("sent") or {}).items():
                for event in events:
                    version = str(event.get("dataschema", "")).rpartition(":")[2]
                    samples.setdefault((event_type, version), event.get("data"))
        return samples


def file_name(text: str) -> str:
    """Return a text of a repository as a part of a file's name, which may be empty."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")


def services(fleet: Sequence[Member]) -> list[Service]:
    """Return the contexts of a fleet by name. Of two repositories of a context, the first counts."""
    consumed = pairs(consumptions(fleet))
    return [
        Service(member, _consumers(consumed, member), _subscribers(member), _consumed(consumed, member))
        for _, member in sorted({member.name: member for member in reversed(fleet)}.items())
    ]


Consumed = Mapping[tuple[str, str], Mapping[str, Sequence[str]]]


def _consumers(consumed: Consumed, member: Member) -> dict[str, dict[str, Sequence[str]]]:
    consumers: dict[str, dict[str, Sequence[str]]] = {}
    for (publisher, consumer), labels in consumed.items():
        for label, stacks in labels.items() if publisher == member.name else ():
            consumers.setdefault(label, {})[consumer] = stacks
    return consumers


def _consumed(consumed: Consumed, member: Member) -> dict[tuple[str, str], Sequence[str]]:
    return {
        (publisher, label): stacks
        for (publisher, consumer), labels in consumed.items()
        if consumer == member.name
        for label, stacks in labels.items()
    }


def _subscribers(member: Member) -> dict[str, list[str]]:
    names: dict[str, set[str]] = {}
    for subscriber, label in subscribers(member):
        names.setdefault(label, set()).add(subscriber)
    return {label: sorted(each) for label, each in names.items()}


def _json(path: Path) -> dict[str, Any]:
    """Return the object in a file of JSON; an empty one if the file is missing or contains anything else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
