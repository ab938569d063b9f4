"""Field types: how a value is written as text, and what it is read as.

Each type checks the text before it reads it, so what looks like a number to Python but to no partner
(``NaN``, ``1e400``, ``1_000``, full-width digits) never gets in. The description completes the sentence
"expected ..." of a report; the kind names the type for tools that make sample values.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, get_args

from pydantic import BaseModel, Field, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema, to_jsonable_python

IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""How an identity is written."""

# A cell that starts with one of = + - @ runs as a formula when a report or an export is opened in a spreadsheet (OWASP,
# "CSV Injection"); control characters break lines and terminals.
_PLAIN_TEXT = r"^[^\x00-\x1f\x7f=+\-@][^\x00-\x1f\x7f]*$"


@dataclass(frozen=True)
class Written:
    """Marks a type whose text must match ``pattern`` before it is read.

    Numbers are taken as their text, so a command's JSON may say 5 or "5".
    """

    pattern: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Chain the text's check and the type's own, both run by pydantic's core."""
        text = core_schema.str_schema(pattern=self.pattern, coerce_numbers_to_str=True)
        return core_schema.chain_schema([text, handler(source)])


def _kind(kind: str, description: str) -> Any:
    return Field(description=description, json_schema_extra={"kind": kind})


Identifier = Annotated[
    str,
    Field(pattern=IDENTIFIER),
    _kind("identifier", "1 to 64 letters, digits, dots, dashes or underscores"),
]
"""An identity: 1 to 64 letters, digits, dots, dashes or underscores."""
Text = Annotated[
    str,
    Field(pattern=_PLAIN_TEXT, max_length=200),
    _kind("text", "1 to 200 characters on one line, not starting with = + - or @"),
]
"""1 to 200 characters on one line, of which the first is none of ``= + - @``, which spreadsheets take for formulas."""
WholeNumber = Annotated[
    int,
    Written(r"^-?[0-9]{1,15}$"),
    _kind("int", "a whole number of at most 15 digits, such as 42"),
]
"""A whole number of at most 15 digits."""
Amount = Annotated[
    Decimal,
    Field(gt=0),
    Written(r"^[0-9]{1,13}(\.[0-9]{1,2})?$"),
    _kind("decimal", "an amount above 0 with at most 13 digits and 2 decimals, such as 12.50"),
]
"""An amount above 0, with at most 13 digits before the point and 2 after it."""
Currency = Annotated[
    str,
    Field(pattern=r"^[A-Z]{3}$"),
    _kind("currency", "a currency as its three capital letters (ISO 4217), such as EUR"),
]
"""A currency by its three capital letters (ISO 4217), such as ``EUR``."""
Day = Annotated[
    date,
    Written(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    _kind("date", "a day of the calendar as YYYY-MM-DD, such as 2026-01-31"),
]
"""A day of the calendar, as ``YYYY-MM-DD``."""
Flag = Annotated[
    bool,
    _kind("bool", "true or false"),
]
"""``true`` or ``false``."""


def kind_of(field: FieldInfo) -> str | None:
    """Return the kind of a model's field, that of ``Text`` for ``Text | None`` too; None if it has no type of these."""
    extras: list[Any] = [said.json_schema_extra for said in _said(field)]
    return next((extra["kind"] for extra in extras if isinstance(extra, dict) and "kind" in extra), None)


def description_of(field: FieldInfo) -> str | None:
    """Return what completes "expected ..." for a model's field, for ``Text | None`` as for ``Text``."""
    return next((said.description for said in _said(field) if said.description), None)


def _said(field: FieldInfo) -> Iterator[FieldInfo]:
    """What pydantic keeps of a field, and of the types within its own: those of a union are the union's matter."""
    yield field
    for part in get_args(field.annotation):
        yield from (one for one in getattr(part, "__metadata__", ()) if isinstance(one, FieldInfo))


def may_be_none(field: FieldInfo) -> bool:
    """Tell whether a model's field may be None, as ``Text | None``."""
    return NoneType in get_args(field.annotation)


def defaults(model: type[BaseModel]) -> dict[str, Any]:
    """Return the defaults of a model's fields that have one, by name, as JSON values: an amount and a day as text."""
    optional = {name: field for name, field in model.model_fields.items() if not field.is_required()}
    return {name: to_jsonable_python(_default(field)) for name, field in optional.items()}


def is_default_of_type(field: FieldInfo) -> bool:
    """Tell whether a field's default, stored as a JSON value, is read again as what stands in the code."""
    kind: Any = Annotated[(field.annotation, Field(), *field.metadata)]
    default = _default(field)
    try:
        read = TypeAdapter(kind).validate_python(to_jsonable_python(default))
    except ValidationError:
        return False
    return type(read) is type(default) and read == default


def _default(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True)


def of_kind(kind: str, model: type[BaseModel]) -> tuple[str, ...]:
    """Return the names of a model's fields of one kind, in their order."""
    return tuple(name for name, field in model.model_fields.items() if kind_of(field) == kind)
