"""The declaration of settings: the type, the default, the effect and the JSON Schema of each setting."""

import ast
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema, to_jsonable_python

Schema = dict[str, Any]
"""A JSON Schema of a value. `title` describes the value, and `description` is the effect of a setting."""

Rule = Callable[[Any, "Declared", str | None], None]
"""A rule about other settings. It gets the source, the setting and its text, and raises SettingError."""


class BadMember(ValueError):
    """A fault of a member of a map; the message completes a sentence about it."""

    def __init__(self, member: str, problem: str) -> None:
        super().__init__(problem)
        self.member = member


class Members:
    """The base of dataclasses that are maps with fixed names."""

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Form:
    """The form of a text, or of a free name in a map: a regular expression for the whole text, described by `words`."""

    pattern: str
    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._matching, handler(source))

    def __get_pydantic_json_schema__(self, *_: Any) -> Schema:
        return self.schema

    @property
    def schema(self) -> Schema:
        """The JSON Schema of a text.

        `\\w` has other letters in ECMAScript. A schema with it would reject valid names, so the pattern is left out.
        """
        pattern = {} if r"\w" in self.pattern else {"pattern": f"^(?:{self.pattern})$"}
        return {"type": "string", "title": self.words, **pattern}

    def matches(self, value: Any) -> bool:
        """Return whether a value is a text of this form."""
        return isinstance(value, str) and re.fullmatch(self.pattern, value) is not None

    def _matching(self, text: str) -> str:
        if not self.matches(text):
            raise PydanticCustomError("form", self.words)  # pyrefly: ignore[bad-argument-type] (a literal string)
        return text


class _Once:
    """The annotation of a list whose values all differ."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._differing, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> Schema:
        return {**handler(schema), "uniqueItems": True}

    @staticmethod
    def _differing(values: tuple[Any, ...]) -> tuple[Any, ...]:
        if repeated := [value for value in values if values.count(value) > 1]:
            raise ValueError(f"has {repeated[0]!r} twice: write it once")
        return values


ONCE: Final = _Once()
"""Annotates a list whose values all differ. It follows the limits of the list's length."""


def within(least: float, most: float) -> Any:
    """Return the annotation of a number with limits."""
    return Field(strict=True, ge=least, le=most)


def members(properties: Mapping[str, Schema], *required: str) -> Schema:
    """Return the JSON Schema of a map with fixed names."""
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}


def setting(example: object, default: Any = MISSING, rule: Rule | None = None) -> Any:
    """Return a dataclass field for `read_all`: its annotation is the type, and its docstring is the effect or the cost.

    `example` is a valid value. A setting without a default is required.
    """
    return field(metadata={"example": example, "default": default, "rule": rule})


@dataclass(frozen=True)
class Declared:
    """A setting as its class declares it."""

    name: str
    annotation: Any
    example: object
    default: Any
    rule: Rule | None

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """The validation of the value. It is built for the settings of a file only, since that takes time."""
        return TypeAdapter(_value_type(self.annotation))

    @property
    def base(self) -> type:
        """The type of the value without annotations."""
        return _base(self.annotation)

    @property
    def schema(self) -> Schema:
        """The JSON Schema, with the default. The default of a setting that is off is None."""
        default = {} if self.default is MISSING else {"default": to_jsonable_python(self.default)}
        return {**default, **self.adapter.json_schema(schema_generator=_Plain), "examples": [self.example]}


@cache
def declared(kind: Any) -> tuple[Declared, ...]:
    """Return the settings that a dataclass declares."""
    settings = [each for each in fields(kind) if "example" in each.metadata]
    return tuple(Declared(each.name, each.type, **each.metadata) for each in settings)


def _value_type(annotation: Any) -> Any:
    """Return the type of a value in a file, which is not None."""
    return get_args(annotation)[0] if type(None) in get_args(annotation) else annotation


def _base(annotation: Any) -> type:
    """Return the type of a setting without annotations and None."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (None, tuple, Mapping):
        return origin or annotation
    return type(arguments[0]) if origin is Literal else _base(arguments[0])


def schemas(kind: Any) -> dict[str, Schema]:
    """Return the JSON Schema of each setting of a class by its name. The description is the effect of the setting."""
    effects = {name: text for base in kind.__mro__[:-1] for name, text in _docstrings(base).items()}
    return {each.name: {**each.schema, "description": effects[each.name]} for each in declared(kind)}


def groups(kind: Any) -> dict[type, dict[str, Schema]]:
    """Return the JSON Schemas of a class's settings by the class that declares them."""
    own = {base: _docstrings(base) for base in reversed(kind.__mro__[:-1])}
    by_class = {base: {name: schema for name, schema in schemas(base).items() if name in own[base]} for base in own}
    return {base: group for base, group in by_class.items() if group}


def _docstrings(kind: type) -> dict[str, str]:
    """Return the docstrings below the fields of a class, each as one line."""
    lines = pairwise(_classes(kind.__module__)[kind.__name__].body)
    return {
        ast.unparse(declaration.target): " ".join(ast.literal_eval(text.value).split())
        for declaration, text in lines
        if isinstance(declaration, ast.AnnAssign) and isinstance(text, ast.Expr)
    }


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def words(schema: Schema) -> str:
    """Return the accepted values of a JSON Schema in words, which complete "write"."""
    match schema:
        case {"title": text}:
            return text
        case {"enum": values}:
            return f"one of {', '.join(map(str, values))}"
        case {"type": "integer" | "number" as kind, "minimum": least, "maximum": most}:
            return f"{'a whole number' if kind == 'integer' else 'a number'} from {least} to {most}"
        case {"type": "boolean"}:
            return "true or false"
        case {"type": "array", "items": items}:
            known = {"at least": schema.get("minItems"), "at most": schema.get("maxItems")}
            limits = [f" {word} {limit}" for word, limit in known.items() if limit]
            return f"a list of{' and'.join(limits)}: {words(items)}"
        case {"type": "object", "properties": known}:
            return f"a map of {', '.join(known)}"
        case {"additionalProperties": values}:
            return f"a map of names to: {words(values)}"
        case _:
            return "a text"


class _Plain(GenerateJsonSchema):
    """JSON Schemas as editors and the page need them: complete, without null, and without the names of classes."""

    def generate(self, schema: Any, mode: Any = "validation") -> Schema:
        """Return the JSON Schema with its definitions in their places."""
        generated = super().generate(schema, mode)
        return _inline(generated, generated.pop("$defs", {}))

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Return False: titles only describe values."""
        return False

    def nullable_schema(self, schema: Any) -> Schema:
        """Return the JSON Schema of the value: a file leaves out a setting instead."""
        return self.generate_inner(schema["schema"])

    def literal_schema(self, schema: Any) -> Schema:
        """Return the values without their type, since numbers may be texts."""
        return {"enum": schema["expected"]}

    def dict_schema(self, schema: Any) -> Schema:
        """Return the JSON Schema of the values. The error of a name is that of the program."""
        return {"type": "object", "additionalProperties": self.generate_inner(schema["values_schema"])}

    def dataclass_schema(self, schema: Any) -> Schema:
        """Return the JSON Schema of the members, which their docstrings describe, without the class's own."""
        generated = super().dataclass_schema(schema)
        for name, text in _docstrings(schema["cls"]).items():
            generated["properties"][name]["description"] = text
        return {name: value for name, value in generated.items() if name not in ("title", "description")}


def _inline(part: Any, definitions: Mapping[str, Schema]) -> Any:
    if isinstance(part, list):
        return [_inline(each, definitions) for each in part]
    if not isinstance(part, dict):
        return part
    whole = {**definitions.get(part.get("$ref", "").removeprefix("#/$defs/"), {}), **part}
    return {name: _inline(value, definitions) for name, value in whole.items() if name != "$ref"}
