"""Writes the schemas that are not committed yet, says their versions where they are said, and the AsyncAPI document."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from <<cookiecutter.__package>>.domain.event_versions import VERSIONS
from <<cookiecutter.__package>>.domain.events import schema_of

from . import asyncapi, schemas
from .change import SAID_IN, next_version
from .published import Version, versions, write

REPOSITORY = Path(__file__).parents[1]
WORKFLOW = "workflow/list_import.asl.json"


def update(root: Path = REPOSITORY, said: Mapping[str, str] = VERSIONS) -> Iterator[str]:
    """Bring the repository in `root` up to its models; yields a line for each file that is written.

    Raises:
        Refused: a model says what no new version of a schema may say. Nothing is written then.
    """
    events = root / "events"
    current = {event_type: next_version(event_type, text, events) for event_type, text in said.items()}
    for event_type, version in current.items():
        if version not in versions(event_type, events):
            write(event_type, version, schemas.of_data(event_type, str(version)), events)
            yield f"events/{event_type}/{version}.json is new"
        if str(version) != said[event_type]:
            yield from _say(root, event_type, said[event_type], str(version))
    yield from _document(root, current)


def _say(root: Path, event_type: str, old: str, new: str) -> Iterator[str]:
    """Write the new version where the old one was said."""
    texts = {
        SAID_IN: (f'"{event_type}": "{old}"', f'"{event_type}": "{new}"'),
        WORKFLOW: (f'"{schema_of(event_type, old)}"', f'"{schema_of(event_type, new)}"'),
    }
    for name, (before, after) in texts.items():
        path = root / name
        text = path.read_text(encoding="utf-8")
        if before in text:
            path.write_text(text.replace(before, after), encoding="utf-8")
            yield f"{name} says {event_type} {new}"


def _document(root: Path, current: Mapping[str, Version]) -> Iterator[str]:
    path = root / asyncapi.DOCUMENT.relative_to(REPOSITORY)
    text = schemas.as_text(asyncapi.document(current))
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        yield f"{path.relative_to(root)} is new"
