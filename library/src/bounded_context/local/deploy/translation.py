"""From a Pulumi resource's inputs to an AWS call's parameters, checked against botocore's own description of the call.

Pulumi says `kmsMasterKeyId`, the API `KMSMasterKeyID`: a name is matched whatever its case. What has another name, or
sits elsewhere, is said by the handler. A name that matches nothing is an error, so no input is ever dropped.
"""

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from ..errors import LocalRunError

Renames = Mapping[str, str]
NUMBERS = ("integer", "long")


class Untranslatable(LocalRunError):
    """An input that the call has no parameter for."""


def to_parameters(shape: Shape, value: Any, renames: Renames) -> Any:
    """Return the value in the shape's own form; what has no such form stays as it is, for whoever checks the call.

    Args:
        shape: what botocore expects here.
        value: what Pulumi gives. Where the shape is a list, a block is a list of one, and a map a list of pairs; where
            it is a structure, a text is its name, and a list the only list in it.
        renames: API member by Pulumi input, at whatever depth, where they differ by more than case. Dots lead into
            structures (`Projection.ProjectionType`), `|` stands between names of which the shape at hand has one.

    Raises:
        Untranslatable: an input has no member in the shape.
    """
    if isinstance(shape, StructureShape):
        return _structure(shape, _block(shape, value), renames)
    if isinstance(shape, ListShape):
        return [to_parameters(shape.member, item, renames) for item in _items(shape, value)]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {key: to_parameters(shape.value, item, renames) for key, item in value.items()}
    return _scalar(shape.type_name, value)


def _structure(shape: StructureShape, value: Any, renames: Renames) -> Any:
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    for key, item in value.items():
        path = _path(shape, key, renames)
        found = _merged(found, _nested(path, item)) if len(path) > 1 else found | {path[0]: item}
    return {name: to_parameters(shape.members[name], item, renames) for name, item in found.items()}


def _path(shape: StructureShape, key: str, renames: Renames) -> list[str]:
    """Return where an input is in a structure: the name of the member that it is, or that it is in, and so on."""
    members = {name.lower(): name for name in shape.members}
    for candidate in (*renames.get(key, key).split("|"), key):
        head, *rest = candidate.split(".")
        if head.lower() in members:
            return [members[head.lower()], *rest]
    raise Untranslatable(f"input {key!r} has no parameter in {shape.name}")


def _nested(path: list[str], value: Any) -> Any:
    return {path[0]: _nested(path[1:], value)} if path else value


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return both, also where they have a block in common."""
    common = {
        key: _merged(one[key], other[key])
        for key in one.keys() & other.keys()
        if isinstance(one[key], dict) and isinstance(other[key], dict)
    }
    return {**one, **other, **common}


def _block(shape: StructureShape, value: Any) -> Any:
    if isinstance(value, str) and "name" in shape.members:
        return {"name": value}
    (only, *others) = shape.members.items() or [("", shape)]
    if isinstance(value, list) and not others and isinstance(only[1], ListShape):
        return {only[0]: value}
    return value


def _items(shape: ListShape, value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    names = list(getattr(shape.member, "members", {}))
    if not isinstance(value, Mapping) or len(names) != 2 or {*map(str.lower, names)} == {*map(str.lower, value)}:
        return [value]
    return [dict(zip(names, pair, strict=True)) for pair in value.items()]


def _scalar(wanted: str, value: Any) -> Any:
    """Return a number as text, or a text as number, where the other one is wanted: Pulumi's provider does the same."""
    if wanted == "string" and isinstance(value, bool):
        return str(value).lower()
    if wanted == "string" and isinstance(value, int | float):
        return str(int(value)) if value == int(value) else str(value)
    if wanted in NUMBERS and not isinstance(value, bool):
        return _whole(value)
    return value


def _whole(value: Any) -> Any:
    try:
        return int(value) if int(value) == float(value) else value
    except (TypeError, ValueError):
        return value
