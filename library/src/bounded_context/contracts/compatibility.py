"""What may change between two minor versions of an event's schema: optional fields may come, and words may change.

Nothing else, since events of several minor versions are on their way at the same time: queues and dead letters keep
them for up to 14 days, a release shifts traffic step by step, and dead letters are redriven. So a subscriber that reads
by either version must be able to read events of the other (what schema registries call full compatibility):

- a field that goes, or is called another name, is missed by those who read it;
- a field that must be there is missing in older events, one that need no longer be there is missing in newer ones;
- another type, a wider or narrower range, pattern or enumeration gives a value that one of the two cannot take.

That is stricter than whether every document of one schema is one of the other, and needs no solver. JSON Schema
2020-12's keywords that pydantic writes are known here; any other keyword may not change at all.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

WORDS = frozenset({"$schema", "$id", "$comment", "title", "description", "examples", "default", "deprecated"})
"""Keywords that decide on no value (JSON Schema 2020-12, annotations)."""

_TOGETHER = ("allOf", "anyOf")
"""Lists of schemas that are compared one by one."""


def breaks(old: Schema, new: Schema, field: str = "") -> Iterator[str]:
    """Say what keeps two versions of a schema from being read as one another, a phrase each; nothing if all is well.

    `field` is what they describe; empty for the whole of an event's data.
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
        yield f"{field or 'the data'} was to have no more fields"


def _needed(old: Schema, new: Schema, field: str) -> Iterator[str]:
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(after - before):
        known = name in old.get("properties", {})
        yield f"{_path(field, name)} must be there, and older events {'may lack' if known else 'lack'} it"
    for name in sorted((before - after) & set(new.get("properties", {}))):
        yield f"{_path(field, name)} need no longer be there"


def _parts(old: Schema, new: Schema, field: str) -> Iterator[str]:
    yield from _pair(old.get("items"), new.get("items"), f"an item of {field or 'the data'}")
    before, after = old.get("$defs", {}), new.get("$defs", {})
    for name in sorted(before.keys() & after.keys()):
        yield from breaks(before[name], after[name], name)
    for keyword in _TOGETHER:
        one, other = old.get(keyword, []), new.get(keyword, [])
        if len(one) != len(other):
            yield f"{field or 'the data'} has another {keyword}"
        for left, right in zip(one, other, strict=False):
            yield from _pair(left, right, field)


def _pair(old: Any, new: Any, field: str) -> Iterator[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from breaks(old, new, field)
    elif old != new:
        yield f"{field} has another schema"


def forbids_more(schema: Schema) -> bool:
    """Whether a schema takes no fields but its own, or only some: then none may come later."""
    more = (schema.get("additionalProperties", True), schema.get("unevaluatedProperties", True))
    return more != (True, True) or "propertyNames" in schema


def _path(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
