"""Field types: the text pattern of a value, and the type of the parsed value. `field_types` has the limits and reasons.

Each type checks the text before it parses it. Text that Python accepts as a number but partners do not write (``NaN``,
``1e400``, ``1_000``, full-width digits) is rejected.
"""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema, to_jsonable_python

from .field_types import BY_KIND
from .spelling import either

IDENTIFIER: Final = BY_KIND["identifier"].pattern
"""The pattern of an identity."""

ENUMERATION: Final = "enum"
"""The kind of a ``Literal`` of texts or a ``StrEnum``."""


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


def as_stored(values: Any) -> Any:
    """Return the values of a model as JSON values, which the types read. Rules have dates and UUIDs, for example."""
    return to_jsonable_python(values) if isinstance(values, dict) else values


def _text(kind: str) -> Any:
    """Return the rules of a type whose values are texts."""
    field_type = BY_KIND[kind]
    extra: Any = {"kind": kind}
    length = field_type.longest or None
    return Field(
        pattern=field_type.pattern, max_length=length, description=field_type.accepted, json_schema_extra=extra
    )


def _pattern(kind: str) -> Written:
    return Written(BY_KIND[kind].pattern)


def _kind(kind: str) -> Any:
    """Return the description of a type. If events have its text, their schemas have its pattern."""
    field_type = BY_KIND[kind]
    pattern = {"pattern": field_type.pattern} if field_type.stored is None else {}
    return Field(description=field_type.accepted, json_schema_extra={"kind": kind, **pattern})


Identifier = Annotated[str, _text("identifier")]
"""An identity: 1 to 64 letters, digits, dots, dashes or underscores."""
Text = Annotated[str, _text("text")]
"""1 to 200 characters on one line. The first is not ``= + - @``, which start formulas in spreadsheets."""
LongText = Annotated[str, _text("longtext")]
"""1 to 2,000 characters, also on several lines. The first is as in `Text`."""
WholeNumber = Annotated[int, _pattern("int"), _kind("int")]
"""A whole number of at most 15 digits."""
Amount = Annotated[Decimal, Field(gt=0), _pattern("decimal"), _kind("decimal")]
"""An amount above 0, with at most 13 digits before the point and 2 after it. Imported amounts are summed up."""
Decimal0 = Annotated[Decimal, _pattern("decimal0"), _kind("decimal0")]
"""A number of 0 or above with at most 15 digits before the point and none after it."""
Decimal1 = Annotated[Decimal, _pattern("decimal1"), _kind("decimal1")]
"""A number of 0 or above with at most 14 digits before the point and 1 after it."""
Decimal2 = Annotated[Decimal, _pattern("decimal2"), _kind("decimal2")]
"""A number of 0 or above with at most 13 digits before the point and 2 after it."""
Decimal3 = Annotated[Decimal, _pattern("decimal3"), _kind("decimal3")]
"""A number of 0 or above with at most 12 digits before the point and 3 after it."""
Decimal4 = Annotated[Decimal, _pattern("decimal4"), _kind("decimal4")]
"""A number of 0 or above with at most 11 digits before the point and 4 after it."""
Signed0 = Annotated[Decimal, _pattern("signed0"), _kind("signed0")]
"""A number, also below 0, with at most 15 digits before the point and none after it."""
Signed1 = Annotated[Decimal, _pattern("signed1"), _kind("signed1")]
"""A number, also below 0, with at most 14 digits before the point and 1 after it."""
Signed2 = Annotated[Decimal, _pattern("signed2"), _kind("signed2")]
"""A number, also below 0, with at most 13 digits before the point and 2 after it."""
Signed3 = Annotated[Decimal, _pattern("signed3"), _kind("signed3")]
"""A number, also below 0, with at most 12 digits before the point and 3 after it."""
Signed4 = Annotated[Decimal, _pattern("signed4"), _kind("signed4")]
"""A number, also below 0, with at most 11 digits before the point and 4 after it."""
Currency = Annotated[str, _text("currency")]
"""A currency code of three capital letters (ISO 4217), such as ``EUR``."""
Day = Annotated[date, _pattern("date"), _kind("date")]
"""A calendar day, as ``YYYY-MM-DD``."""
times_of_tests: Final[list[datetime]] = []
"""The times that `bounded_context.testing.on` has set, the current one last."""


def now() -> datetime:
    """Return the current time in UTC. Rules read it here, so that tests can set it (`bounded_context.testing.on`)."""
    return times_of_tests[-1] if times_of_tests else datetime.now(UTC)


def today() -> date:
    """Return the current day in UTC, of the same clock as `now`."""
    return now().date()


def stamp(time: datetime) -> str:
    """Return the text of a time in items, answers and events: UTC, to the millisecond."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Timestamp = Annotated[AwareDatetime, _pattern("timestamp"), _kind("timestamp")]
"""A time with its zone (RFC 3339), such as ``2026-01-31T12:00:00+01:00``."""
Flag = Annotated[bool, _kind("bool")]
"""``true`` or ``false``."""
Email = Annotated[str, _text("email")]
"""An e-mail address of at most 254 characters."""
Phone = Annotated[str, _text("phone")]
"""A phone number: ``+``, the country code and the number (ITU-T E.164)."""
Uuid = Annotated[UUID, _pattern("uuid"), _kind("uuid")]
"""A UUID, stored in lower-case letters."""


def Renamed(name: str) -> Any:  # noqa: N802 (as pydantic's Field)
    """Return the mark of a field that had another name: ``claimed_amount: Annotated[Amount, Renamed("amount")]``.

    Commands, lists and queries accept both names, and events and answers have both. Items keep the earlier name.
    """
    return Field(alias=name)


def StoredAs(name: str) -> Any:  # noqa: N802 (as pydantic's Field)
    """Return the mark of a renamed field after the transition: items keep the earlier name, and nothing else has it."""
    return Field(serialization_alias=name)


def earlier_names(model: type[BaseModel]) -> dict[str, str]:
    """Return the earlier names that callers may still use, each with the name of its field."""
    fields = model.model_fields.items()
    return {field.validation_alias: name for name, field in fields if isinstance(field.validation_alias, str)}


def stored_names(model: type[BaseModel]) -> dict[str, str]:
    """Return the names of a model's fields, each with the name of its attribute in items and in staged rows."""
    return {name: field.serialization_alias or name for name, field in model.model_fields.items()}


def published(model: type[BaseModel]) -> dict[str, Any]:
    """Return the fields of a model as events and answers have them, also under their earlier names.

    A field with an earlier name is optional under its new name: subscribers and stored answers may be older.
    """
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        bare = copy(field)
        bare.alias = bare.validation_alias = bare.serialization_alias = None
        fields[name] = (field.annotation, bare)
        if isinstance(field.validation_alias, str):
            fields[field.validation_alias] = (field.annotation, copy(bare))
            if bare.is_required():
                bare.default = None
    return fields


class Personal:
    """The mark of a field with a person's data: ``Annotated[Text, Personal]``. `context erase` replaces its value."""


def personal(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's personal fields by name, also by an earlier name, with their JSON values after the erasure."""
    marked = {name: field for name, field in model.model_fields.items() if is_personal(field)}
    stored = {field.serialization_alias: erased_value(field) for field in marked.values() if field.serialization_alias}
    return stored | {name: erased_value(field) for name, field in marked.items()}


def erased_value(field: FieldInfo) -> Any:
    """Return a field's JSON value after the erasure: its default, or that of its type; None if it has neither."""
    if not field.is_required():
        return to_jsonable_python(_default(field))
    field_type = BY_KIND.get(kind_of(field) or "")
    return field_type.stored_value(field_type.erased) if field_type else None


def is_personal(field: FieldInfo) -> bool:
    """Return whether a model's field is marked as `Personal`, also for ``Annotated[Text, Personal] | None``."""
    members = (getattr(part, "__metadata__", ()) for part in get_args(field.annotation))
    return any(mark is Personal for mark in chain(field.metadata, *members))


def kind_of(field: FieldInfo) -> str | None:
    """Return the kind of a model's field, also of ``Text`` in ``Text | None``; None if its type is not defined here."""
    extras: list[Any] = [info.json_schema_extra for info in _infos(field)]
    kinds = (extra["kind"] for extra in extras if isinstance(extra, dict) and "kind" in extra)
    return next(kinds, ENUMERATION if choices(field) else None)


def description_of(field: FieldInfo) -> str | None:
    """Return the text that completes "expected ..." for a model's field, for ``Text | None`` as for ``Text``."""
    described = next((info.description for info in _infos(field) if info.description), None)
    return described or (either(choices(field)) if choices(field) else None)


def choices(field: FieldInfo) -> tuple[str, ...]:
    """Return the values of an enumeration: a ``Literal`` of texts or a ``StrEnum``. Other types have none."""
    for member in _members(field.annotation):
        if get_origin(member) is Literal:
            return get_args(member)
        if isinstance(member, type) and issubclass(member, StrEnum):
            return tuple(value.value for value in member)
    return ()


def no_cells(field: FieldInfo) -> tuple[str, ...]:
    """Return the members of a field's type whose values are not the text of one cell, such as ``tuple``."""
    members = (member for member in _members(field.annotation) if not _is_cell(member))
    # The name alone: the text of a generic type contains the metadata of its members.
    return tuple(str(getattr(member, "__name__", member)) for member in members)


def _is_cell(member: Any) -> bool:
    if get_origin(member) is Literal:
        return all(isinstance(value, str) for value in get_args(member))
    no_cell = (tuple, list, set, frozenset, dict, float, BaseModel)
    return get_origin(member) is None and not (isinstance(member, type) and issubclass(member, no_cell))


def _members(annotation: Any) -> Iterator[Any]:
    """Yield the members of a union, each without its metadata."""
    origin = get_origin(annotation)
    if origin in (Annotated, Union, UnionType):
        parts = get_args(annotation)
        for part in parts[:1] if origin is Annotated else parts:
            yield from _members(part)
    else:
        yield annotation


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
    annotation: Any = field.annotation
    kind: Any = Annotated[(annotation, Field(), *field.metadata)]
    try:
        read = TypeAdapter(kind).validate_python(to_jsonable_python(default))
    except ValidationError:
        return False
    return type(read) is type(default) and read == default


def _default(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True)
