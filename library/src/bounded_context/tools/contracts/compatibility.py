"""Full compatibility of an event's minor versions: only new optional fields and changed descriptions are allowed.

Events of several minor versions are in transit at the same time. Queues and dead-letter queues store them for up to 14
days, a release shifts traffic step by step, and dead letters are redriven. A subscriber with the schema of either
version must therefore be able to read events of the other. Such changes break this full compatibility:

- a removed or renamed field is missing for its readers;
- a newly required field is missing in older events, a field that is no longer required may be missing in newer events;
- another type, range, pattern or enumeration allows values that the older or the newer version rejects.

This is stricter than a comparison of the documents that both schemas accept, and needs no solver. It compares the JSON
Schema 2020-12 keywords that pydantic writes. Any other keyword may not change at all.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

WORDS = frozenset({"$schema", "$id", "$comment", "title", "description", "examples", "default", "deprecated"})
"""Keywords that do not affect validation (JSON Schema 2020-12, annotations)."""

_TOGETHER = ("allOf", "anyOf")
"""Keywords whose schemas are compared pairwise."""


def breaks(old: Schema, new: Schema, field: str = "") -> Iterator[str]:
    """Yield a phrase for each difference that breaks full compatibility of two versions of a schema.

    `field` is the path of the field that the schemas describe, empty for the event's data as a whole.
    """
    yield from _fields(old, new, field)
    yield from _needed(old, new, field)
    yield from _parts(old, new, field)
    compared = {"properties", "required", "$defs", "items", *_TOGETHER, *WORDS}
    for keyword in sorted({*old, *new} - compared):
        if old.get(keyword) != new.get(keyword):
            yield f"{field or 'the data'} has another {keyword}"


def _fields(old: Schema, new: Schema, field: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, schema in before.items():
        if name not in after:
            yield f"{_path(field, name)} is gone"
        else:
            yield from breaks(schema, after[name], _path(field, name))
    if before.keys() != after.keys() and forbids_more(old):
        yield f"{field or 'the data'} forbids additional fields"


def _needed(old: Schema, new: Schema, field: str) -> Iterator[str]:
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(after - before):
        known = name in old.get("properties", {})
        yield f"{_path(field, name)} is required, and older events {'may lack' if known else 'lack'} it"
    for name in sorted((before - after) & set(new.get("properties", {}))):
        yield f"{_path(field, name)} is no longer required"


def _parts(old: Schema, new: Schema, field: str) -> Iterator[str]:
    yield from _pair(old.get("items"), new.get("items"), f"an item of {field or 'the data'}")
    before, after = old.get("$defs", {}), new.get("$defs", {})
    for name in sorted(before.keys() & after.keys()):
        yield from breaks(before[name], after[name], name)
    for keyword in _TOGETHER:
        lefts, rights = old.get(keyword, []), new.get(keyword, [])
        if len(lefts) != len(rights):
            yield f"{field or 'the data'} has another {keyword}"
        for left, right in zip(lefts, rights, strict=False):
            yield from _pair(left, right, field)


def _pair(old: Any, new: Any, field: str) -> Iterator[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from breaks(old, new, field)
    elif old != new:
        yield f"{field} has another schema"


def forbids_more(schema: Schema) -> bool:
    """Return whether a schema restricts additional fields, so that no version may add fields."""
    more = (schema.get("additionalProperties", True), schema.get("unevaluatedProperties", True))
    return more != (True, True) or "propertyNames" in schema


def _path(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
