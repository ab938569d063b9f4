"""The committed schemas: ``events/<Type>/<major>.<minor>.json``, one file for each version, never deleted."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

from .schemas import as_text

_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")


class Version(NamedTuple):
    """A version of a schema. Subscribers of a minor version can read all minor versions of the same major version."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``<major>.<minor>``. Raises ValueError for any other text."""
        found = _VERSION.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not a version: write one such as 1.0")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    def raised(self) -> "Version":
        """Return the next minor version."""
        return Version(self.major, self.minor + 1)


def versions(event_type: str, folder: Path) -> list[Version]:
    """Return the committed versions of an event's schema in a folder, the newest last."""
    return sorted(Version.parse(path.stem) for path in (folder / event_type).glob("*.json"))


def deleted(event_type: str, folder: Path) -> list[str]:
    """Return the files of an event's deleted schemas, relative to the repository whose events are in `folder`.

    Minor versions follow one another without a gap. The samples of a released version name the version that it sends.
    """
    committed = set(versions(event_type, folder))
    known = committed | {Version.parse(text) for text in _sent(event_type, folder.parent / "released")}
    expected = {Version(version.major, minor) for version in known for minor in range(version.minor + 1)}
    return [f"{folder.name}/{event_type}/{version}.json" for version in sorted(expected - committed)]


def _sent(event_type: str, folder: Path) -> Iterator[str]:
    for path in folder.glob("*.json"):
        for event in json.loads(path.read_text(encoding="utf-8"))["sent"].get(event_type, []):
            yield str(event["dataschema"]).rpartition(":")[2]


def read(event_type: str, version: Version, folder: Path) -> dict[str, Any]:
    """Return a committed schema."""
    return json.loads((folder / event_type / f"{version}.json").read_text(encoding="utf-8"))


def write(event_type: str, version: Version, schema: dict[str, Any], folder: Path) -> None:
    """Write a schema to its file, which must not exist yet."""
    path = folder / event_type / f"{version}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(as_text(schema))
