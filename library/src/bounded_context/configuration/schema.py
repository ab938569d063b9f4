"""The declaration of settings: the reader, the schema and the effect of each setting."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, field, fields, is_dataclass
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from pulumi import RunError

Schema = dict[str, Any]
"""A JSON Schema of a value. `title` describes texts, `description` is the effect of a setting."""

_P = ParamSpec("_P")
_T = TypeVar("_T")
_F = TypeVar("_F", bound=Callable[..., Any])

_SCHEMAS: Final[dict[Any, Callable[..., Schema]]] = {}


def schema_is(build: Callable[..., Schema]) -> Callable[[_F], _F]:
    """Declare the schema of a reader's values: `build` gets the reader's further arguments and returns it."""

    def declared(read: _F) -> _F:
        _SCHEMAS[read] = build
        return read

    return declared


def setting(
    effect: str,
    example: object,
    read: Callable[Concatenate[Any, str, _P], _T],
    *arguments: _P.args,
    **options: _P.kwargs,
) -> _T:
    """Return a dataclass field for `read_all`: `read` gets the source, the field's name and the arguments.

    `effect` describes the effect or the cost, and `example` is a valid value. The reader has a schema (`schema_is`).
    """
    schema = {**_SCHEMAS[read](*arguments, **options), "description": effect, "examples": [example]}
    declared: Any = field(
        metadata={"read": lambda config, key: read(config, key, *arguments, **options), "schema": schema}
    )
    return declared


def read_all(kind: Any, config: Any) -> dict[str, Any]:
    """Return the values of the fields from `setting`, by name. Raises SettingError for the first bad value."""
    return {declared.name: declared.metadata["read"](config, declared.name) for declared in _declared(kind)}


def schemas(kind: Any) -> dict[str, Schema]:
    """Return the schema of each setting of a class by its name, with the default that its reader returns.

    A setting that is required has no default. A setting that is off by default has the default None.
    """
    return {declared.name: _with_default(declared) for declared in _declared(kind)}


def groups(kind: Any) -> dict[type, dict[str, Schema]]:
    """Return the schemas of a class's settings by the class that declares them."""
    found: dict[type, dict[str, Schema]] = {}
    bases = [base for base in reversed(kind.__mro__) if hasattr(base, "__dataclass_fields__")]
    for base in bases:
        known = {name for declared in found.values() for name in declared}
        found[base] = {name: schema for name, schema in schemas(base).items() if name not in known}
    return {base: declared for base, declared in found.items() if declared}


def text(pattern: re.Pattern[str], words: str = "") -> Schema:
    """Return the schema of a text that matches a pattern, described by `words`.

    `\\w` has other letters in ECMAScript. A schema with it would reject valid names, so the pattern is left out.
    """
    if r"\w" in pattern.pattern or pattern.flags & re.DOTALL:
        return {"type": "string", "title": words}
    return {"type": "string", "title": words, "pattern": f"^(?:{pattern.pattern})$"}


def about(description: str, schema: Schema) -> Schema:
    """Return the schema of a member with a description."""
    return {**schema, "description": description}


def whole(least: float, most: float) -> Schema:
    """Return the schema of a whole number."""
    return {"type": "integer", "minimum": least, "maximum": most}


def mapping(values: Schema) -> Schema:
    """Return the schema of a map with free names."""
    return {"type": "object", "additionalProperties": values}


def listing(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def members(properties: Mapping[str, Schema], *required: str) -> Schema:
    """Return the schema of a map with fixed names."""
    return {"type": "object", "properties": dict(properties), "required": [*required], "additionalProperties": False}


def _declared(kind: Any) -> list[Any]:
    return [declared for declared in fields(kind) if "read" in declared.metadata]


def _with_default(declared: Any) -> Schema:
    schema: Schema = declared.metadata["schema"]
    try:
        return schema if "default" in schema else {**schema, "default": _default(declared)}
    except RunError:
        return schema


def _default(declared: Any) -> Any:
    """Return the value of a setting that a file lacks, as YAML. Raises RunError for a required setting."""
    value = declared.metadata["read"](_Empty(), declared.name)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return [*value] if isinstance(value, tuple) else value


class _Empty:
    """A stack's file without settings; for a pipeline, with the usual source."""

    source = "codeconnections"

    def get(self, _: str, /) -> None:
        """Return None."""
