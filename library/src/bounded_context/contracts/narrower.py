"""Whether all that one JSON Schema takes is taken by another: what was stored, or is asked, has to be readable.

`compatibility` holds events to each other in both directions; here it is one. JSON Schema 2020-12's keywords that
pydantic writes are known; of any other, a new one or another value counts as narrower.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .compatibility import WORDS, forbids_more

Schema = Mapping[str, Any]

_LOWEST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_HIGHEST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_COMPARED: Final = {"properties", "required", "items", "anyOf", "enum", "additionalProperties", *_LOWEST, *_HIGHEST}


def inlined(schema: Any, root: Schema) -> Any:
    """Return a schema with what its ``$ref`` name, in ``root``, in their places. No schema may hold itself."""
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
    """Say what ``old`` takes and ``new`` does not, a phrase each; nothing if all is taken. Both are inlined."""
    if "anyOf" in old or "anyOf" in new:
        yield from _branches(branches(old), branches(new), field)
        return
    yield from _fields(old, new, field)
    yield from _values(old, new, field or "it")
    if "items" in old and "items" in new:
        yield from narrower(old["items"], new["items"], f"an item of {field or 'it'}")


def branches(schema: Schema) -> list[Schema]:
    """Return the schemas of which a value fits one."""
    return list(schema.get("anyOf", [schema]))


def _branches(old: list[Schema], new: list[Schema], field: str) -> Iterator[str]:
    for one in old:
        tried = [list(narrower(one, other, field)) for other in new if one.get("type") == other.get("type")]
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
            yield f"{within(field, name)} is not taken any more"
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{within(field, name)} must be there"


def _values(old: Schema, new: Schema, field: str) -> Iterator[str]:
    gone = [value for value in old.get("enum", ()) if value not in new.get("enum", old.get("enum", ()))]
    if gone or ("enum" in new and "enum" not in old):
        yield f"{field} does not take {', '.join(map(str, gone or ['every value']))} any more"
    for keyword in (*_LOWEST, *_HIGHEST):
        if keyword in new and _tighter(keyword, old.get(keyword), new[keyword]):
            yield f"{field} has the {keyword} {new[keyword]}"
    for keyword in sorted(new.keys() - _COMPARED - WORDS - {"kind"}):
        if old.get(keyword) != new[keyword]:
            yield f"{field} has another {keyword}"


def _tighter(keyword: str, old: Any, new: Any) -> bool:
    return old is None or (new > old if keyword in _LOWEST else new < old)


def within(field: str, name: str) -> str:
    """Return the name of a field's field."""
    return f"{field}.{name}" if field else name
