"""The generator of the first schemas of a context's events, equal to those of ``context contracts``.

A bake has no pydantic, so the schemas are rendered. A test of each repository compares their bytes with the models'.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PROTOTYPE = "EventName"
"""The placeholder for an event in the prototype's folder and text."""

_TEXT = {
    "description": "1 to 200 characters on one line, not starting with = + - or @",
    "maxLength": 200,
    "pattern": r"^[^\x00-\x1f\x7f=+\-@][^\x00-\x1f\x7f]*$",
    "type": "string",
}
_CURRENCY = {
    "description": "a currency as its three capital letters (ISO 4217), such as EUR",
    "pattern": "^[A-Z]{3}$",
    "type": "string",
}
_DATE = {
    "description": "a day of the calendar as YYYY-MM-DD, such as 2026-01-31",
    "format": "date",
    "type": "string",
}

OF_TYPE: dict[str, dict[str, Any]] = {
    "str": _TEXT,
    "int": {"description": "a whole number of at most 15 digits, such as 42", "type": "integer"},
    "decimal": {
        "description": "an amount above 0 with at most 13 digits and 2 decimals, such as 12.50",
        "type": "string",
    },
    "currency": _CURRENCY,
    "date": _DATE,
    "bool": {"description": "true or false", "type": "boolean"},
}
"""The schema of an event's field, by the type in the answers."""


def json_schema(kind: str) -> str:
    """Return the schema of a field of this type as JSON text, without an indent."""
    return json.dumps(OF_TYPE[kind], indent=2)


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
