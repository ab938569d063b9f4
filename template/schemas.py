"""The generator of the first schemas of a context's events, equal to those of ``context contracts``.

A bake has no pydantic, so the schemas are rendered. A test of each repository compares their bytes with the models'.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .field_types import field_type, on_one_line

PROTOTYPE = "EventName"
"""The placeholder for an event in the prototype's folder and text."""


def json_schema(kind: str, *, optional: bool = False) -> str:
    """Return the schema of a field of this type as JSON text, without an indent. An optional field may be null."""
    known = field_type(kind)
    words = {"description": known.accepted} if known.accepted else {}
    schema = {**words, **on_one_line(known.shown)}
    return json.dumps(or_null(schema) if optional else schema, indent=2)


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value that may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def expand(project: Path, events: Iterable[str]) -> list[Path]:
    """Write ``events/<Type>/1.0.json`` for each event, unless it exists, and remove the prototype.

    Raises:
        FileNotFoundError: the template has no prototype.
    """
    prototype = project / "events" / PROTOTYPE / "1.0.json"
    text = prototype.read_text(encoding="utf-8")
    targets = {project / "events" / event / prototype.name: event for event in events}
    for target, event in targets.items():
        target.parent.mkdir(exist_ok=True)
        if not target.exists():
            target.write_text(text.replace(PROTOTYPE, event), "utf-8")
    prototype.unlink()
    prototype.parent.rmdir()
    return list(targets)
