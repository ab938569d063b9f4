"""The check whether a JSON Schema accepts all values of an older schema, for stored data and requests.

`compatibility` compares events in both directions, this module in one. It compares the JSON Schema 2020-12 keywords
that pydantic writes. Any other keyword that is new or has another value counts as narrower.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .compatibility import WORDS, forbids_more

Schema = Mapping[str, Any]

_LOWEST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_HIGHEST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_COMPARED: Final = {"properties", "required", "items", "anyOf", "enum", "additionalProperties", *_LOWEST, *_HIGHEST}


def inlined(schema: Any, root: Schema) -> Any:
    """Return a schema with each ``$ref`` replaced by its target in ``root``. Recursive schemas are not supported."""
    if isinstance(schema, Mapping):
        if isinstance(schema.get("$ref"), str):
            return inlined(_named(schema["$ref"], root), root)
        return {name: inlined(part, root) for name, part in schema.items() if name != "$defs"}
    return [inlined(part, root) for part in schema] if isinstance(schema, list) else schema


def _named(reference: str, root: Any) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        root = root[part]
    return root


def narrower(old: Schema, new: Schema, field: str = "") -> Iterator[str]:
    """Yield a phrase for each restriction of ``new`` that rejects values of ``old``. Both schemas must be inlined."""
    if "anyOf" in old or "anyOf" in new:
        yield from _branches(branches(old), branches(new), field)
        return
    yield from _fields(old, new, field)
    yield from _values(old, new, field or "it")
    if "items" in old and "items" in new:
        yield from narrower(old["items"], new["items"], f"an item of {field or 'it'}")


def branches(schema: Schema) -> list[Schema]:
    """Return the alternatives of a schema."""
    return list(schema.get("anyOf", [schema]))


def _branches(old: list[Schema], new: list[Schema], field: str) -> Iterator[str]:
    for branch in old:
        tried = [list(narrower(branch, other, field)) for other in new if branch.get("type") == other.get("type")]
        if not tried:
            yield f"{field or 'it'} has another type"
        elif all(tried):
            yield from tried[0]


def _fields(old: Schema, new: Schema, field: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in before:
        if name in after:
            yield from narrower(before[name], after[name], within(field, name))
        elif forbids_more(new):
            yield f"{within(field, name)} is no longer accepted"
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{within(field, name)} is required"


def _values(old: Schema, new: Schema, field: str) -> Iterator[str]:
    gone = [value for value in old.get("enum", ()) if value not in new.get("enum", old.get("enum", ()))]
    if gone or ("enum" in new and "enum" not in old):
        yield f"{field} no longer accepts {', '.join(map(str, gone or ['every value']))}"
    for keyword in (*_LOWEST, *_HIGHEST):
        if keyword in new and _tighter(keyword, old.get(keyword), new[keyword]):
            yield f"{field} has the {keyword} {new[keyword]}"
    for keyword in sorted(new.keys() - _COMPARED - WORDS - {"kind"}):
        if old.get(keyword) != new[keyword]:
            yield f"{field} has another {keyword}"


def _tighter(keyword: str, old: Any, new: Any) -> bool:
    return old is None or (new > old if keyword in _LOWEST else new < old)


def within(field: str, name: str) -> str:
    """Return the path of a nested field."""
    return f"{field}.{name}" if field else name
