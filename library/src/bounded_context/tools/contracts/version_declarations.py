"""Writes the versions of events' schemas into a repository's code and workflow."""

import re
from collections.abc import Iterator
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, Final

from ...declaration.context import Context
from .change import said_in

WORKFLOW = "workflow/list_import.asl.json"


def raised(context: Context[Any], root: Path, event_type: str, old: str, new: str) -> Iterator[str]:
    """Write an event type's new version into the declaration and the workflow; yields a line for each changed file.

    A declaration in another form is left unchanged.
    """
    path = root / said_in(context)
    yield from _replaced(path, _declared(path.read_text(encoding="utf-8"), event_type, old, new), root, event_type, new)
    path = root / WORKFLOW
    before, after = (f'"{context.schema_of(event_type, version)}"' for version in (old, new))
    yield from _replaced(path, path.read_text(encoding="utf-8").replace(before, after), root, event_type, new)


_VERSIONS: Final = re.compile(r"^    versions=\{\n(?: {8}.*\n)*", re.MULTILINE)
_DATA: Final = re.compile(r"^    data=\w+,\n", re.MULTILINE)


def _declared(text: str, event_type: str, old: str, new: str) -> str:
    """Return the declaration with a type's new version. Types that it does not name have version 1.0."""
    named, line = f'"{event_type}": "{old}"', f'        "{event_type}": "{new}",\n'
    if named in text:
        return text.replace(named, f'"{event_type}": "{new}"')
    if _VERSIONS.search(text):
        return _VERSIONS.sub(rf"\g<0>{line}", text, count=1)
    if "    versions=" in text:
        return text
    return _DATA.sub(rf"\g<0>    versions={{\n{line}    }},\n", text, count=1)


def _replaced(path: Path, text: str, root: Path, event_type: str, new: str) -> Iterator[str]:
    if text != path.read_text(encoding="utf-8"):
        _write(path, text)
        yield f"{path.relative_to(root)} has {event_type} {new}"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    # Python compares the source's size and second: after two quick edits, outdated bytecode would count as current.
    Path(cache_from_source(str(path))).unlink(missing_ok=True)
