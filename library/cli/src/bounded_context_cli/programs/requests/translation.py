"""Translation of a Pulumi resource's inputs to the parameters of an AWS call, by botocore's model of the call.

Names match without regard to case: Pulumi's `kmsMasterKeyId` is the API's `KMSMasterKeyID`. Handlers declare other
names and other places. A name that matches no parameter is an error, so no input is lost.
"""

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from ...command.errors import LocalRunError

Renames = Mapping[str, str]
NUMBERS = ("integer", "long")


class Untranslatable(LocalRunError):
    """An input without a matching parameter."""


def to_parameters(shape: Shape, value: Any, renames: Renames) -> Any:
    """Return a value in the form of a shape. A value without such a form is unchanged, and botocore rejects it later.

    Args:
        shape: botocore's shape for the value.
        value: Pulumi's value. For a list, a block becomes a list with one item, and a map a list of pairs. For a
            structure, a text becomes its name, and a list its only list.
        renames: API members by Pulumi input, at any depth, for names that differ by more than case. Dots lead into
            structures (`Projection.ProjectionType`). `|` separates alternatives.

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
        found = _merged(found, _nested(path, item))
    return {name: to_parameters(shape.members[name], item, renames) for name, item in found.items()}


def _path(shape: StructureShape, key: str, renames: Renames) -> list[str]:
    """Return the path of an input in a structure, as member names."""
    members = {name.lower(): name for name in shape.members}
    for candidate in (*renames.get(key, key).split("|"), key):
        head, *rest = candidate.split(".")
        if head.lower() in members:
            return [members[head.lower()], *rest]
    raise Untranslatable(f"input {key!r} has no parameter in {shape.name}")


def _nested(path: list[str], value: Any) -> Any:
    return {path[0]: _nested(path[1:], value)} if path else value


def _merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return the two structures merged, including blocks that both contain."""
    common = {
        key: _merged(first[key], second[key])
        for key in first.keys() & second.keys()
        if isinstance(first[key], dict) and isinstance(second[key], dict)
    }
    return {**first, **second, **common}


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
    """Convert numbers to text and text to numbers as the shape requires. Pulumi's provider does the same."""
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
