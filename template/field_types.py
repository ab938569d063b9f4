"""The types of fields in the answers, from the library's own table. An enumeration is its values: ``low|high``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from runpy import run_path
from typing import TYPE_CHECKING, Any

from .library import CODE

if TYPE_CHECKING:
    from bounded_context.domain.field_types import FieldType

_TABLE = run_path(str(CODE["runtime"] / "domain" / "field_types.py"))
MOST_LONG_TEXTS: int = _TABLE["MOST_LONG_TEXTS"]
on_one_line: Callable[[dict[str, Any]], dict[str, Any]] = _TABLE["on_one_line"]

TYPES: Mapping[str, FieldType] = {known.answer: known for known in _TABLE["FIELD_TYPES"] if known.answer}
"""The types by their name in the answers, without enumerations."""

IDENTIFIER: FieldType = next(known for known in _TABLE["FIELD_TYPES"] if known.kind == "identifier")


def named() -> str:
    """Return the names of all types for a sentence; of numbered names, only the first and the last."""
    names = [name for name in TYPES if name[-1] not in "1234"]
    return ", ".join(f"{name} to {name[:-1]}4" if name[-1] == "0" else name for name in names)


def values_of(answer: str) -> tuple[str, ...]:
    """Return the values of an enumeration; an empty tuple for another type."""
    return tuple(answer.split("|")) if "|" in answer else ()


def field_type(answer: str) -> FieldType:
    """Return the type of an answer, such as ``decimal`` or ``low|high``."""
    if not (values := values_of(answer)):
        return TYPES[answer]
    quoted = ", ".join(f'"{value}"' for value in values)
    schema = {"enum": list(values), "type": "string"}
    return _TABLE["FieldType"]("enum", f"Literal[{quoted}]", answer, "", values[0], "", stored=schema)
