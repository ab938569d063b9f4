"""Comparison of two versions of a JSON Schema, and the version of an event's current model.

An event's minor versions are fully compatible: only new optional fields and changed descriptions are allowed.

Events of several minor versions are in transit at the same time. Queues and dead-letter queues store them for up to 14
days, a release shifts traffic step by step, and dead letters are redriven. A subscriber with the schema of either
version must therefore be able to read events of the other. Such changes break this full compatibility:

- a removed or renamed field is missing for its readers;
- a newly required field is missing in older events, a field that is no longer required may be missing in newer events;
- another type, range, pattern or enumeration allows values that the older or the newer version rejects.

This is stricter than a comparison of the documents that both schemas accept, and needs no solver. Requests and stored
data are only compared in one direction: the new schema must accept all values of the old one. Both comparisons know the
JSON Schema 2020-12 keywords that pydantic writes. Any other keyword may not change at all.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context.domain.field_types import BY_KIND

from . import published
from .baseline import Baseline
from .published import CHANGEOVER, Version, deleted, read, versions

WIDER: Final = {
    (BY_KIND[kind].pattern, BY_KIND[wider].pattern)
    for kind, wider in (("text", "longtext"), *((f"decimal{places}", f"signed{places}") for places in range(5)))
}
"""Pairs of patterns: the second accepts each text of the first."""

Schema = Mapping[str, Any]

WORDS = frozenset({"$schema", "$id", "$comment", "title", "description", "examples", "default", "deprecated"})
"""Keywords that do not affect validation (JSON Schema 2020-12, annotations)."""

_TOGETHER = ("allOf", "anyOf")
"""Keywords whose schemas are compared pairwise."""

_NAMES: Final = frozenset({"oneOf", "not", "required"})
"""The keywords of a part of `allOf` that only names fields: one of two names, of a renamed field, must be given."""

_LOWEST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_HIGHEST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_COMPARED: Final = {
    *("properties", "required", "items", "anyOf", "enum", "const", "additionalProperties"),
    *(*_LOWEST, *_HIGHEST),
}


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
            yield f"{field or 'the data'} has another {keyword}{_differences(old, new) if keyword == 'enum' else ''}"


def _differences(old: Schema, new: Schema) -> str:
    """Return the values that only one of two enumerations has, for the end of a sentence."""
    before, after = old.get("enum", ()), new.get("enum", ())
    come = [f"{value} is new" for value in after if value not in before]
    return f" ({', '.join([*come, *(f'{value} is gone' for value in before if value not in after)])})"


def _fields(old: Schema, new: Schema, field: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, schema in before.items():
        if name not in after:
            yield f"{within(field, name)} is gone"
        else:
            yield from breaks(schema, after[name], within(field, name))
    if before.keys() != after.keys() and forbids_more(old):
        yield f"{field or 'the data'} forbids additional fields"


def _needed(old: Schema, new: Schema, field: str) -> Iterator[str]:
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(after - before):
        known = name in old.get("properties", {})
        yield f"{within(field, name)} is required, and older events {'may lack' if known else 'lack'} it"
    for name in sorted((before - after) & set(new.get("properties", {}))):
        yield f"{within(field, name)} is no longer required"


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
    """Return whether a schema restricts additional fields, so no version may add fields."""
    more = (schema.get("additionalProperties", True), schema.get("unevaluatedProperties", True))
    return more != (True, True) or "propertyNames" in schema


def within(field: str, name: str) -> str:
    """Return the path of a nested field."""
    return f"{field}.{name}" if field else name


def inlined(schema: Any, root: Schema) -> Any:
    """Return a schema with each ``$ref`` replaced by its target in ``root``. Recursive schemas are not supported."""
    if isinstance(schema, Mapping):
        if isinstance(schema.get("$ref"), str):
            return inlined(_definition(schema["$ref"], root), root)
        return {name: inlined(part, root) for name, part in schema.items() if name != "$defs"}
    return [inlined(part, root) for part in schema] if isinstance(schema, list) else schema


def _definition(reference: str, root: Any) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        root = root[part]
    return root


def narrower(old: Schema, new: Schema, field: str = "") -> Iterator[str]:
    """Yield a phrase for each restriction of ``new`` that rejects values of ``old``. Both schemas must be inlined."""
    if "anyOf" in old or "anyOf" in new:
        yield from _branches(branches(old), branches(new), field)
        return
    yield from _narrower_fields(old, new, field)
    yield from _values(old, new, field or "it")
    if "items" in old and "items" in new:
        yield from narrower(old["items"], new["items"], f"an item of {field or 'it'}")


def branches(schema: Schema) -> list[Schema]:
    """Return the alternatives of a schema."""
    return list(schema.get("anyOf", [schema]))


def without_null(schema: Schema) -> Schema:
    """Return a parameter's schema without null: a URL or a header contains texts (OpenAPI 3.1, "Style Values")."""
    alternatives = [branch for branch in branches(schema) if branch.get("type") != "null"]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**rest, **alternatives[0]} if len(alternatives) == 1 else {**rest, "anyOf": alternatives}


def _branches(old: list[Schema], new: list[Schema], field: str) -> Iterator[str]:
    for branch in old:
        tried = [list(narrower(branch, other, field)) for other in new if branch.get("type") == other.get("type")]
        if not tried:
            yield f"{field or 'it'} has another type"
        elif all(tried):
            yield from tried[0]


def _narrower_fields(old: Schema, new: Schema, field: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in before:
        if name in after:
            yield from narrower(before[name], after[name], within(field, name))
        elif forbids_more(new):
            yield f"{within(field, name)} is no longer accepted"
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{within(field, name)} is required"


def _values(old: Schema, new: Schema, field: str) -> Iterator[str]:
    before, after = _enumerated(old), _enumerated(new)
    removed = ["every value"] if before is None else [value for value in before if value not in (after or before)]
    if after is not None and removed:
        yield f"{field} no longer accepts {', '.join(map(str, removed))}"
    for keyword in (*_LOWEST, *_HIGHEST):
        if keyword in new and _tighter(keyword, old.get(keyword), new[keyword]):
            yield f"{field} has the {keyword} {new[keyword]}"
    if not all(_of_names(part) for part in new.get("allOf", ())) and new["allOf"] != old.get("allOf"):
        yield f"{field} has another allOf"
    for keyword in sorted(new.keys() - _COMPARED - WORDS - {"allOf", "kind"}):
        if old.get(keyword) != new[keyword] and (old.get(keyword), new[keyword]) not in WIDER:
            yield f"{field} has another {keyword}"


def _of_names(part: Schema) -> bool:
    """Return whether a part of `allOf` only names fields. Each request of before has at most one of the names."""
    inside = (part, *part.get("oneOf", ()), part.get("not", {}))
    return all(inner.keys() <= _NAMES for inner in inside)


def _enumerated(schema: Schema) -> list[Any] | None:
    """Return the values of an enumeration; pydantic writes a single value as ``const``."""
    return schema.get("enum", [schema["const"]] if "const" in schema else None)


def _tighter(keyword: str, old: Any, new: Any) -> bool:
    return old is None or (new > old if keyword in _LOWEST else new < old)


class RefusedChange(Exception):
    """The error for a model that breaks its event's schema, or a version that cannot follow the committed versions.

    The message is a sentence with the remedy and its place.
    """


def declaration_file(context: Context[Any]) -> str:
    """Return the file of a repository that declares the versions of the events."""
    return f"src/{context.name}/context.py"


def next_version(context: Context[Any], event_type: str, declared: str, baseline: Baseline) -> Version:
    """Return the version of the current model's schema: ``declared``, or the next minor version if the schema changed.

    Versions that the current branch has added are written anew: all changes of a branch make one version.

    Raises:
        RefusedChange: the model breaks subscribers of the newest schema in ``folder``, or ``declared`` skips versions.
            Or a schema was deleted.
    """
    folder = baseline.root / "events"
    if lost := [path for path in deleted(event_type, folder) if not baseline.is_own(path)]:
        raise RefusedChange(f"{', '.join(lost)}: deleted, and subscribers read this version: restore it from git.")
    version = _parsed(context, event_type, declared)
    if not any(folder.glob("*/*.json")):
        return Version(1, 0)
    existing = versions(event_type, folder)
    committed = [other for other in existing if not baseline.is_own(f"{folder.name}/{event_type}/{other}.json")]
    if not committed and version.major > 1:
        committed = existing
    if context.previous_version and version.major < Version.parse(context.versions[event_type]).major:
        committed = [other for other in committed if other.major == version.major]
    if version in existing and version not in committed:
        of_major = [other for other in committed if other.major == version.major]
        version = of_major[-1] if of_major else Version(version.major, 0)
    if version in committed and version == committed[-1]:
        return _compared(context, event_type, version, baseline)
    if version not in _first_of_a_major(committed):
        raise RefusedChange(_out_of_order(context, event_type, version, committed))
    previous = context.previous_version
    if committed and event_type in context.changes and not (previous and event_type in previous.versions):
        raise RefusedChange(
            f"{event_type} {version} would be published alone, and its subscribers read {committed[-1]}: publish both "
            f"versions until all subscribers have changed over ({CHANGEOVER})."
        )
    if committed and previous and previous.ready:
        raise RefusedChange(
            f"{event_type} {version} is new, and {', '.join(previous.ready)} would get it at once: leave `ready` of "
            f"PreviousVersion empty, release that to every stack, and name subscribers 15 minutes later ({CHANGEOVER})."
        )
    return version


def _parsed(context: Context[Any], event_type: str, declared: str) -> Version:
    try:
        return Version.parse(declared)
    except ValueError as error:
        raise RefusedChange(f"{event_type} in {declaration_file(context)}: {error}.") from None


def _first_of_a_major(committed: list[Version]) -> set[Version]:
    return {Version(committed[-1].major + 1, 0)} if committed else {Version(1, 0)}


def _compared(context: Context[Any], event_type: str, version: Version, baseline: Baseline) -> Version:
    # Schemas before 0.4.0 accept a line end after a value in some validators: no event has one.
    old = published.strict(read(event_type, version, baseline.root / "events"))
    new = published.of_data(context, event_type, str(version))
    if old == new:
        return version
    if broken := list(breaks(old, new)):
        sentence = (
            f"{event_type} {version} cannot be read as before: {', '.join(broken)}: undo the change, or write "
            f'"{version.major + 1}.0" for it in {declaration_file(context)}, and publish both versions.'
        )
        raise RefusedChange(" ".join(baseline.with_remedy([sentence])))
    return version.raised()


def _out_of_order(context: Context[Any], event_type: str, version: Version, committed: list[Version]) -> str:
    newest = committed[-1] if committed else None
    expected = sorted(_first_of_a_major(committed) | ({newest} if newest else set()))
    return f"{event_type} is {version} in {declaration_file(context)}: write {' or '.join(map(str, expected))}."
