"""Field types: the text pattern of a value, and the type of the parsed value.

Each type checks the text before it parses it. Text that Python accepts as a number but partners do not write (``NaN``,
``1e400``, ``1_000``, full-width digits) is rejected. The description completes the sentence "expected ..." of a report;
the kind names the type for tools that make sample values.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain
from types import NoneType
from typing import Annotated, Any, Final, get_args

from pydantic import BaseModel, Field, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema, to_jsonable_python

IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""The pattern of an identity."""

# A spreadsheet runs a cell that starts with = + - or @ as a formula when it opens a report or an export (OWASP, "CSV
# Injection"). Control characters break lines and terminals.
_PLAIN_TEXT = r"^[^\x00-\x1f\x7f=+\-@][^\x00-\x1f\x7f]*$"


@dataclass(frozen=True)
class Written:
    """A mark of a type whose text must match ``pattern`` before it is parsed.

    Numbers are converted to text: a command's JSON may have 5 or "5".
    """

    pattern: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Chain the check of the text and the validation of the type, both in pydantic's core."""
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
"""1 to 200 characters on one line. The first is not ``= + - @``, which start formulas in spreadsheets."""
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
"""A currency code of three capital letters (ISO 4217), such as ``EUR``."""
Day = Annotated[
    date,
    Written(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    _kind("date", "a day of the calendar as YYYY-MM-DD, such as 2026-01-31"),
]
"""A calendar day, as ``YYYY-MM-DD``."""
Flag = Annotated[
    bool,
    _kind("bool", "true or false"),
]
"""``true`` or ``false``."""


class Personal:
    """The mark of a field with a person's data: ``Annotated[Text, Personal]``. `context erase` replaces its value."""


ERASED: Final = "erased"
"""The value of a required personal field after the erasure. Other personal fields then have their default."""


def personal(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's personal fields by name, each with its JSON value after the erasure."""
    marked = {name: field for name, field in model.model_fields.items() if is_personal(field)}
    return dict.fromkeys(marked, ERASED) | {name: value for name, value in defaults(model).items() if name in marked}


def is_personal(field: FieldInfo) -> bool:
    """Return whether a model's field is marked as `Personal`, also for ``Annotated[Text, Personal] | None``."""
    members = (getattr(part, "__metadata__", ()) for part in get_args(field.annotation))
    return any(mark is Personal for mark in chain(field.metadata, *members))


def kind_of(field: FieldInfo) -> str | None:
    """Return the kind of a model's field, also of ``Text`` in ``Text | None``; None if its type is not defined here."""
    extras: list[Any] = [info.json_schema_extra for info in _infos(field)]
    return next((extra["kind"] for extra in extras if isinstance(extra, dict) and "kind" in extra), None)


def description_of(field: FieldInfo) -> str | None:
    """Return the text that completes "expected ..." for a model's field, for ``Text | None`` as for ``Text``."""
    return next((info.description for info in _infos(field) if info.description), None)


def _infos(field: FieldInfo) -> Iterator[FieldInfo]:
    """Yield pydantic's information on a field, and on the direct members of its type."""
    yield field
    for part in get_args(field.annotation):
        yield from (info for info in getattr(part, "__metadata__", ()) if isinstance(info, FieldInfo))


def may_be_none(field: FieldInfo) -> bool:
    """Return whether a model's field may be None, as ``Text | None``."""
    return NoneType in get_args(field.annotation)


def defaults(model: type[BaseModel]) -> dict[str, Any]:
    """Return the defaults of a model's optional fields by name, as JSON values: an amount and a day as text."""
    optional = {name: field for name, field in model.model_fields.items() if not field.is_required()}
    return {name: to_jsonable_python(_default(field)) for name, field in optional.items()}


def is_default_of_type(field: FieldInfo) -> bool:
    """Return whether a field's default, stored as a JSON value, is parsed as the same value of the same type."""
    default = _default(field)
    if default is None and may_be_none(field):
        # Building an adapter would extend the cold start of every function.
        return True
    kind: Any = Annotated[(field.annotation, Field(), *field.metadata)]
    try:
        read = TypeAdapter(kind).validate_python(to_jsonable_python(default))
    except ValidationError:
        return False
    return type(read) is type(default) and read == default


def _default(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True)


def of_kind(kind: str, model: type[BaseModel]) -> tuple[str, ...]:
    """Return the names of a model's fields of a kind, in their order."""
    return tuple(name for name, field in model.model_fields.items() if kind_of(field) == kind)
