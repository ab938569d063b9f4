"""Values for parameters: those of the document's own examples, so that all requests are of one and the same thing."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

_BY_FORMAT: Final = {"date": "2026-01-31", "integer": "1", "boolean": "true"}
_TEXTS: Final = ("id-1", "2026-01-31", "12.50", "42", "EUR")
"""One of each kind of field; the first that the pattern of a value takes is taken."""


def samples(made: dict[str, Any]) -> dict[str, Any]:
    """Return each member of the document's examples by its name; what is sent goes before what is answered."""
    found: dict[str, Any] = {}
    for example in _examples(made):
        for name, one in example.items():
            if one is not None and not isinstance(one, list | dict):
                found.setdefault(name, one)
    return found


def value(made: dict[str, Any], parameter: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """Return a good value of a parameter, as it stands in a path."""
    if parameter["name"] in known:
        return quote(_written(known[parameter["name"]]), safe="")
    schema = _schema(made, parameter["schema"])
    return quote(_of_schema(schema), safe="")


def _examples(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    operations = [one for methods in made["paths"].values() for one in methods.values()]
    asked = [one["requestBody"] for one in operations if "requestBody" in one]
    for part in (*asked, *(answer for one in operations for answer in one["responses"].values())):
        for content in part.get("content", {}).values():
            yield content.get("example", {})


def _schema(made: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a value must be if it is not left out."""
    schema = schema.get("anyOf", [schema])[0]
    return made["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _of_schema(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return str(schema["enum"][0])
    fits = (one for one in _TEXTS if re.search(schema.get("pattern", ""), one))
    return _BY_FORMAT.get(schema.get("format", schema.get("type", ""))) or next(fits, _TEXTS[0])


def _written(one: Any) -> str:
    return str(one).lower() if isinstance(one, bool) else str(one)
