"""Writes the versions of events' schemas where a repository says them: in its code, and in the workflow."""

import re
from collections.abc import Iterator
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

from ..context import Context
from .change import said_in

WORKFLOW = "workflow/list_import.asl.json"


def begun(context: Context[Any], root: Path) -> Iterator[str]:
    """Say the version of each type of event that the code does not say yet, before those of lists.

    Yields a line for each. Where the code says versions in a form of its own, none is added: they are as they are.
    """
    path = root / said_in(context)
    for event_type in context.changes:
        text = path.read_text(encoding="utf-8")
        place = re.search(rf'^( *)"{context.list_events[0]}": "', text, re.MULTILINE)
        if place and f'"{event_type}": "' not in text:
            line = f'{place[1]}"{event_type}": "{context.versions[event_type]}",\n'
            _write(path, text[: place.start()] + line + text[place.start() :])
            yield f"{said_in(context)} says {event_type} {context.versions[event_type]}"


def raised(context: Context[Any], root: Path, event_type: str, old: str, new: str) -> Iterator[str]:
    """Say the new version where the old one was said; yields a line for each file."""
    texts = {
        said_in(context): (f'"{event_type}": "{old}"', f'"{event_type}": "{new}"'),
        WORKFLOW: (f'"{context.schema_of(event_type, old)}"', f'"{context.schema_of(event_type, new)}"'),
    }
    for name, (before, after) in texts.items():
        path = root / name
        text = path.read_text(encoding="utf-8")
        if before in text:
            _write(path, text.replace(before, after))
            yield f"{name} says {event_type} {new}"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    # Python knows what it compiled by the source's size and second: that of an edit a moment ago would pass for new.
    Path(cache_from_source(str(path))).unlink(missing_ok=True)
