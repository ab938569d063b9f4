"""Check values against botocore's shapes: type, minimum, maximum, enum and pattern."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from .patterns import matches

MOST_SHOWN = 80
"""The displayed characters of a given or an accepted value."""

_BETWEEN = re.compile(r"\w+WithLengthBetween(\d+)And(\d+)")
"""Some shapes of API Gateway have their limits only in their names."""


@dataclass(frozen=True)
class Fault:
    """A refused member: its `path` in the request, the accepted values, and the given value."""

    path: str
    wanted: str
    given: Any

    def __str__(self) -> str:
        return f"{self.path} takes {_short(self.wanted)}, not {_short(repr(self.given))}"


def faults(shape: Shape, value: Any, path: str = "") -> Iterator[Fault]:
    """Yield the members of a value that AWS would refuse, except for missing members."""
    if isinstance(shape, StructureShape):
        yield from _of_structure(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _of_list(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _of_map(shape, value, path)
    else:
        yield from _of_scalar(shape, value, path)


def missing(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each missing member that AWS requires."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        made = {name for name, member in shape.members.items() if "idempotencyToken" in member.metadata}
        yield from (_below(path, name) for name in shape.required_members if name not in {*value, *made})
        for name, member in value.items():
            yield from missing(shape.members[name], member, _below(path, name))
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for number, member in enumerate(value):
            yield from missing(shape.member, member, f"{path}[{number}]")
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        for name, member in value.items():
            yield from missing(shape.value, member, _below(path, name))


def _of_structure(shape: StructureShape, value: Any, path: str) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield Fault(path, f"a structure of {', '.join(shape.members)}", value)
        return
    if shape.is_tagged_union and len(value) != 1:
        yield Fault(path, f"one of {', '.join(shape.members)}", sorted(value))
    for name, member in value.items():
        yield from faults(shape.members[name], member, _below(path, name))


def _of_list(shape: ListShape, value: list[Any], path: str) -> Iterator[Fault]:
    yield from _within(shape, len(value), "entries", value, path)
    for number, entry in enumerate(value):
        yield from faults(shape.member, entry, f"{path}[{number}]")


def _of_map(shape: MapShape, value: Any, path: str) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield Fault(path, "a map", value)
        return
    yield from _within(shape, len(value), "entries", value, path)
    for name, entry in value.items():
        yield from faults(shape.key, name, f"a key of {path}")
        yield from faults(shape.value, entry, _below(path, name))


def _of_scalar(shape: Shape, value: Any, path: str) -> Iterator[Fault]:
    words, fits = _TYPES[shape.type_name]
    if not fits(value):
        yield Fault(path, words, value)
    elif isinstance(value, str):
        yield from _of_text(shape, value, path)
    elif not isinstance(value, bool | bytes):
        yield from _within(shape, value, "", value, path)


def _of_text(shape: Shape, value: str, path: str) -> Iterator[Fault]:
    yield from _within(shape, len(value), "characters", value, path)
    choices = shape.metadata.get("enum")
    if choices and value not in choices:
        near = get_close_matches(value, choices, 3) or choices
        yield Fault(path, f"one of {len(choices)} values such as {', '.join(near)}", value)
    pattern = shape.metadata.get("pattern")
    if pattern and not matches(pattern, value):
        yield Fault(path, f"what matches {pattern}", value)


def _within(shape: Shape, size: float, unit: str, value: Any, path: str) -> Iterator[Fault]:
    least, most = limits(shape)
    if least is not None and size < least:
        yield Fault(path, f"at least {least} {unit}".rstrip(), value)
    if most is not None and size > most:
        yield Fault(path, f"at most {most} {unit}".rstrip(), value)


def limits(shape: Shape) -> tuple[float | None, float | None]:
    """Return the minimum and maximum of a number, a text's characters or a list's entries. None means no limit."""
    if named := _BETWEEN.fullmatch(shape.name):
        return int(named[1]), int(named[2])
    return shape.metadata.get("min"), shape.metadata.get("max")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_TYPES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "blob": ("bytes", lambda value: isinstance(value, bytes | str)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "double": ("a number", _is_number),
    "float": ("a number", _is_number),
    "integer": ("a whole number", _is_whole),
    "long": ("a whole number", _is_whole),
    "string": ("a text", lambda value: isinstance(value, str)),
    "timestamp": ("a time", lambda value: isinstance(value, str) or _is_number(value)),
}


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _short(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
