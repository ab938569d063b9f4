"""Sample values for parameters, from the document's own examples, so that all requests concern the same aggregate."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

_BY_FORMAT: Final = {"date": "2026-01-31", "integer": "1", "boolean": "true"}
_TEXTS: Final = ("id-1", "2026-01-31", "12.50", "42", "EUR")
"""A text for each type of field. The first text that matches a value's pattern is used."""


def samples(made: dict[str, Any]) -> dict[str, Any]:
    """Return each member of the document's examples by name. Members of requests precede members of responses."""
    found: dict[str, Any] = {}
    for example in _examples(made):
        for name, member in example.items():
            if member is not None and not isinstance(member, list | dict):
                found.setdefault(name, member)
    return found


def value(made: dict[str, Any], parameter: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """Return a valid value of a parameter, encoded for a path."""
    if parameter["name"] in known:
        return quote(_written(known[parameter["name"]]), safe="")
    schema = _schema(made, parameter["schema"])
    return quote(_of_schema(schema), safe="")


def _examples(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    operations = [operation for methods in made["paths"].values() for operation in methods.values()]
    bodies = [operation["requestBody"] for operation in operations if "requestBody" in operation]
    for part in (*bodies, *(answer for operation in operations for answer in operation["responses"].values())):
        for content in part.get("content", {}).values():
            yield content.get("example", {})


def _schema(made: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value that is not null."""
    schema = schema.get("anyOf", [schema])[0]
    return made["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _of_schema(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return str(schema["enum"][0])
    fits = (text for text in _TEXTS if re.search(schema.get("pattern", ""), text))
    return _BY_FORMAT.get(schema.get("format", schema.get("type", ""))) or next(fits, _TEXTS[0])


def _written(item: Any) -> str:
    return str(item).lower() if isinstance(item, bool) else str(item)
