"""What callers of one OpenAPI document rely on and do not find in the next one.

What they send has to be taken: nothing newly required, nothing narrower. What they read has to be there as it was: no
field, header or answer gone, and none of another type. A new value of an enumeration, a new field and another refusal
(4xx) are no break: clients take a status that they do not know as the first of its hundred (RFC 9110, section 15).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..narrower import branches, inlined, narrower, within

Part = Mapping[str, Any]

_METHODS: Final = ("get", "put", "post", "delete", "patch")
_SHAPE: Final = ("type", "format")
"""What tells a client how to read a value (JSON Schema 2020-12)."""


def breaks(old: Part, new: Part) -> Iterator[str]:
    """Say what callers by ``old`` miss in ``new``, a phrase each that names the operation; nothing if all is well."""
    after = _operations(new)
    for name, (title, operation) in _operations(old).items():
        if name not in after:
            yield f"{title} is gone"
        else:
            yield from (f"{title}: {phrase}" for phrase in _operation(operation, after[name][1]))


def _operations(document: Part) -> dict[str, tuple[str, Part]]:
    """Return the operations with the names that callers see, by what tells them apart: a parameter's name does not."""
    found = inlined(document["paths"], document)
    return {
        f"{method} {re.sub(r'{[^}]*}', '{}', path)}": (f"{method.upper()} {path}", operation)
        for path, operations in found.items()
        for method, operation in operations.items()
        if method in _METHODS
    }


def _operation(old: Part, new: Part) -> Iterator[str]:
    yield from _parameters(_by_place(old), _by_place(new))
    yield from _body(old.get("requestBody", {}), new.get("requestBody", {}))
    yield from _answers(_good(old), _good(new))


def _by_place(operation: Part) -> dict[str, Part]:
    """Return the parameters by their names; those in the path are told by their places, the others by either case."""
    found: dict[str, Part] = {}
    for one in operation.get("parameters", ()):
        place, name = one["in"], one["name"].casefold()
        number = sum(other["in"] == "path" for other in found.values())
        found[f"part {number + 1} of the path" if place == "path" else f"the {place} {name}"] = one
    return found


def _parameters(old: Mapping[str, Part], new: Mapping[str, Part]) -> Iterator[str]:
    for name in old.keys() - new.keys():
        yield f"{name} is gone"
    for name, one in new.items():
        if one.get("required") and not old.get(name, {}).get("required"):
            yield f"{name} must be there"
        elif name in old:
            yield from narrower(old[name]["schema"], one["schema"], name)


def _body(old: Part, new: Part) -> Iterator[str]:
    if new.get("required") and not old.get("required"):
        yield "a body must be there"
    for kind, content in old.get("content", {}).items():
        if kind not in new.get("content", {}):
            yield f"a body of {kind} is not taken any more"
        else:
            yield from narrower(content["schema"], new["content"][kind]["schema"])


def _good(operation: Part) -> Mapping[str, Part]:
    return {status: one for status, one in operation["responses"].items() if status < "400"}


def _answers(old: Mapping[str, Part], new: Mapping[str, Part]) -> Iterator[str]:
    for status in sorted(old.keys() ^ new.keys()):
        yield f"the answer {status} is {'gone' if status in old else 'new, and callers do not know it'}"
    for status in sorted(old.keys() & new.keys()):
        yield from _answer(old[status], new[status])


def _answer(old: Part, new: Part) -> Iterator[str]:
    for header in sorted(old.get("headers", {}).keys() - new.get("headers", {}).keys()):
        yield f"the answer's header {header} is gone"
    for kind, content in old.get("content", {}).items():
        if kind not in new.get("content", {}):
            yield f"an answer of {kind} is gone"
        else:
            yield from _lost(content["schema"], new["content"][kind]["schema"], "the answer's")


def _lost(old: Part, new: Part, field: str) -> Iterator[str]:
    known = [_shape(one) for one in branches(old)]
    if any(_shape(one) not in known for one in branches(new)):
        yield f"{field} is of another type"
    for name, schema in old.get("properties", {}).items():
        inner = f"{field} {name}" if field == "the answer's" else within(field, name)
        if name not in new.get("properties", {}):
            yield f"{inner} is gone"
        elif name in old.get("required", ()) and name not in new.get("required", ()):
            yield f"{inner} may be missing"
        else:
            yield from _lost(schema, new["properties"][name], inner)
    if "items" in old and "items" in new:
        yield from _lost(old["items"], new["items"], f"{field} item's" if field == "the answer's" else field)


def _shape(schema: Part) -> tuple[Any, ...]:
    return tuple(schema.get(keyword) for keyword in _SHAPE)
