"""What each field type takes as text, and what it refuses."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from io import BytesIO
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal, get_args

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, create_model
from pydantic.json_schema import GenerateJsonSchema

import bounded_context
from bounded_context import BadContext
from bounded_context.adapters.items import Items
from bounded_context.adapters.services import text_and_attributes
from bounded_context.application.reading import FileSource
from bounded_context.domain import events
from bounded_context.domain.faults import Fault
from bounded_context.domain.field_types import FIELD_TYPES, MOST_LONG_TEXTS, FieldType
from bounded_context.domain.fields import (
    Amount,
    Currency,
    Day,
    Decimal0,
    Decimal4,
    Email,
    Flag,
    Identifier,
    LongText,
    Personal,
    Phone,
    Signed2,
    Text,
    Timestamp,
    Uuid,
    WholeNumber,
    defaults,
    description_of,
    kind_of,
    may_be_none,
    personal,
)
from bounded_context.domain.rows import Record
from bounded_context.testing import Samples
from bounded_context_cli.contracts import published as schemas
from bounded_context_cli.contracts.compatibility import WIDER
from bounded_context_cli.docs import page
from tests.event_schemas import faults_of
from tests.things import context_of

GOOD = [
    (Identifier, "p-1"),
    (Identifier, "A.b_c-9" * 9),
    (Text, "Ada Lovelace"),
    (Text, 'Anna "Ann" O\'Neil, Zoë 李'),
    (Amount, "0.01"),
    (Amount, "9999999999999.99"),
    (WholeNumber, "-42"),
    (Currency, "EUR"),
    (Day, "2028-02-29"),
    (Flag, "true"),
    (LongText, "x" * 2000),
    (LongText, "one\r\n\ttwo"),
    (Decimal0, "0"),
    (Decimal4, "99999999999.9999"),
    (Signed2, "-9999999999999.99"),
    (Timestamp, "2026-01-31T12:00:00Z"),
    (Timestamp, "2026-01-31T12:00:00.123456-05:30"),
    (Email, "ada+bank@mail.example.co.uk"),
    (Email, f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 61}"),
    (Phone, "+12025550100"),
    (Phone, "+49" + "1" * 13),
    (Uuid, "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"),
]
BAD = [
    (Identifier, ""),
    (Identifier, "a b"),
    (Identifier, "../a"),
    (Identifier, "x" * 65),
    (Text, ""),
    (Text, "two\nlines"),
    (Text, "nul\x00byte"),
    (Text, "=cmd|' /C calc'!A0"),
    (Text, "+1"),
    (Text, "@SUM(A1)"),
    (Text, "x" * 201),
    (Amount, "NaN"),
    (Amount, "Infinity"),
    (Amount, "1e400"),
    (Amount, "-0"),
    (Amount, "0.00"),
    (Amount, "-1"),
    (Amount, "1.005"),
    (Amount, "1,50"),
    (Amount, "1_000"),
    (Amount, " 1"),
    (Amount, "\uff11\uff12"),
    (Amount, "1" * 14),
    (WholeNumber, "1.0"),
    (WholeNumber, "1" * 16),
    (Currency, "eur"),
    (Currency, "EURO"),
    (Day, "2026-02-30"),
    (Day, "31.01.2026"),
    (Day, "1700000000"),
    (Day, "2026-1-1"),
    (Flag, "maybe"),
    (LongText, "x" * 2001),
    (LongText, "\tstarts blank"),
    (LongText, "bell\x07"),
    (LongText, "-1+cmd|' /C calc'!A0"),
    (Decimal0, "1.0"),
    (Decimal0, "-1"),
    (Decimal4, "1.00000"),
    (Decimal4, "1" * 12),
    (Signed2, "+1"),
    (Signed2, "1.005"),
    (Signed2, "-NaN"),
    (Timestamp, "2026-01-31T12:00:00"),
    (Timestamp, "2026-01-31 12:00:00Z"),
    (Timestamp, "2026-01-31"),
    (Timestamp, "2026-01-31T12:00:00.1234567Z"),
    (Timestamp, "2026-01-31T25:00:00Z"),
    (Timestamp, "2026-01-31T12:00:00+24:00"),
    (Timestamp, "1700000000"),
    (Email, "ada"),
    (Email, "ada@localhost"),
    (Email, "ada@example..com"),
    (Email, "ada@-example.com"),
    (Email, "Ada <ada@example.com>"),
    (Email, "=cmd@example.com"),
    (Email, "+1@example.com"),
    (Email, "-1@example.com"),
    (Email, f"{'a' * 65}@example.com"),
    (Email, f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 62}"),
    (Email, "zoë@example.com"),
    (Phone, "12025550100"),
    (Phone, "0012025550100"),
    (Phone, "+1 202 555 0100"),
    (Phone, "+02025550100"),
    (Phone, "+" + "1" * 16),
    (Phone, "+1-HYPERLINK(1)"),
    (Uuid, "f81d4fae7dec11d0a76500a0c91e6bf6"),
    (Uuid, "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}"),
    (Uuid, "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
]


@pytest.mark.parametrize(("kind", "text"), GOOD)
def test_accepts_the_usual_form_of_a_value(kind: Any, text: str):
    """A value in its usual form is taken."""
    TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize(("kind", "text"), BAD)
def test_refuses_a_value_that_only_looks_valid(kind: Any, text: str):
    """A value that another program would read differently, or not at all, is refused."""
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)


@given(st.decimals(min_value="0.01", max_value="9999999999999.99", places=2))
def test_an_amount_is_read_exactly(amount: Decimal):
    """No cent is lost between a file and the model."""
    assert TypeAdapter(Amount).validate_python(str(amount)) == amount


@given(st.text())
def test_no_text_breaks_a_line_or_runs_as_a_formula(text: str):
    """Whatever is taken as text is one line of a report and no formula in a spreadsheet."""
    try:
        value = TypeAdapter(Text).validate_python(text)
    except ValidationError:
        return
    assert not any(ord(character) < 32 or ord(character) == 127 for character in value)
    assert value[0] not in "=+-@"


_OFFSETS = st.integers(-(23 * 60 + 59), 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_TEXTS = {
    "date": st.dates().map(str),
    "timestamp": st.datetimes(timezones=_OFFSETS).map(lambda time: time.isoformat()),
    "bool": st.sampled_from(["true", "false"]),
}


def _cells(known: FieldType) -> st.SearchStrategy[str]:
    """Return cells of a type: all that its pattern and its length allow, but a byte order mark, which no list has."""
    text = st.from_regex(known.pattern, fullmatch=True) if known.pattern else st.nothing()
    text = text.filter(lambda cell: len(cell) <= (known.longest or len(cell)) and "\ufeff" not in cell)
    strategy = _TEXTS.get(known.kind, text)
    return strategy.filter(lambda cell: Decimal(cell) > 0) if known.kind == "decimal" else strategy


CELLS = {known.kind: _cells(known) for known in FIELD_TYPES} | {"enum": st.sampled_from(["low", "high"])}
"""Valid cells of each kind of field."""
ALL = {known.kind: (getattr(bounded_context, known.name), ...) for known in FIELD_TYPES}
EVERY = context_of({f"a_{kind}": field for kind, field in ALL.items()} | {"a_enum": (Literal["low", "high"], ...)})


@given(cells=st.fixed_dictionaries({f"a_{kind}": strategy for kind, strategy in CELLS.items()}))
@settings(max_examples=50)
def test_a_cell_is_the_same_in_the_model_the_table_and_events(cells: dict[str, str]):
    """A list's cell is read, staged, stored and published, and each of these forms is read as the same value."""
    file = Samples(EVERY).file([{"thing_id": "t-1", **cells}], ["thing_id", *cells])
    header, row = FileSource(BytesIO(file)).records()
    checked = EVERY.rows.check(EVERY.rows.check_header(header.cells), [row])
    assert checked.rejections == []
    [read] = [row.details for row in checked.rows]
    [values] = json.loads(EVERY.rows.staged([read]))
    item = Items(EVERY).from_values(values, EVERY.initial_status, 1, "l-1")
    stored = {name: TypeDeserializer().deserialize(TypeSerializer().serialize(value)) for name, value in item.items()}
    aggregate = Items(EVERY).to_aggregate(stored)
    assert aggregate.details == read
    published = json.loads(json.dumps(events.payload(aggregate)))
    assert faults_of(published, schemas.of_data(EVERY, "ThingMade", "1.0")) == []
    data = EVERY.data.model_validate(published)
    assert {name: getattr(data, name) for name in cells} == {name: getattr(read, name) for name in cells}


@pytest.mark.parametrize(
    "known",
    [field_type for field_type in FIELD_TYPES if "pattern" in field_type.shown],
    ids=lambda field_type: field_type.kind,
)
def test_the_schema_of_an_event_refuses_a_line_end_after_a_value(known: FieldType):
    """Python's `$` also matches before a final line end: this validator uses its `re`. A long text may have lines."""
    schema = schemas.of_data(EVERY, "ThingMade", "1.0")["properties"][f"a_{known.kind}"]
    assert faults_of(known.value, schema) == []
    assert bool(faults_of(f"{known.value}\n", schema)) is (known.kind != "longtext")


@given(data=st.data())
def test_a_wider_type_accepts_each_value(data: st.DataObject):
    """So a field may change to it, although values are stored."""
    pairs = [(old, new) for old in FIELD_TYPES for new in FIELD_TYPES if (old.pattern, new.pattern) in WIDER]
    old, new = data.draw(st.sampled_from(pairs))
    TypeAdapter(ALL[new.kind][0]).validate_python(data.draw(CELLS[old.kind]))


@pytest.mark.parametrize("known", FIELD_TYPES, ids=lambda known: known.kind)
def test_the_table_has_the_schemas_of_its_types(known: FieldType):
    """The bake writes its documents from the table, and the library from the types."""
    model: Any = create_model("Model", field=ALL[known.kind])
    words = {"description": known.accepted}
    schema = model.model_json_schema(schema_generator=_Plain)["properties"]["field"]
    assert schema == known.asked | words | {"kind": known.kind}
    assert schemas.of_model(model)["properties"]["field"] == known.shown | words
    read = model.model_validate({"field": known.sample})
    assert read.model_dump(mode="json")["field"] == known.value
    assert model.model_validate({"field": known.example}) == read
    assert not known.erased or model.model_validate({"field": known.erased})


class _Plain(GenerateJsonSchema):
    """Schemas without titles."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def _row(known: FieldType) -> str:
    """Return a type's row of the page."""
    name = f"`{known.name}`, `{known.answer}`" if known.answer else f"`{known.name}`"
    stored = " ".join(filter(None, (known.shown["type"], known.shown.get("format"))))
    return f"| {name} | {known.accepted} | `{known.sample}` | {stored} | {known.reason} |"


def test_the_page_has_the_table_of_the_types():
    """Row by row, in its order; enumerations have the last row."""
    lines = page("fields").splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    assert rows[:-1] == [*map(_row, FIELD_TYPES)]
    assert rows[-1].startswith('| `Literal["low", "high"]`, `low\\|high` |')


class Urgency(StrEnum):
    """Has two values."""

    LOW = "low"
    HIGH = "high"


@pytest.mark.parametrize("kind", [Literal["low", "high"], Urgency, Literal["low", "high"] | None], ids=str)
def test_a_value_outside_of_an_enumeration_is_rejected_with_the_accepted_values(kind: Any):
    """The rejection names the column and each accepted value."""
    rows = context_of({"urgency": (kind, None if type(None) in get_args(kind) else ...)}).rows
    [rejection] = rows.check(rows.columns, [Record(2, ["t-1", "LOW"])]).rejections
    assert (rejection.code, rejection.field) == (Fault.VALUE.value, "urgency")
    assert rejection.reason.endswith("expected low or high")


class _Nested(BaseModel):
    """A model in a model."""


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        (tuple[Text, ...], "tuple"),
        (tuple, "tuple"),
        (list[Text], "list"),
        (dict[str, str], "dict"),
        (set[str] | None, "set"),
        (Annotated[_Nested, Field(description="it")], "_Nested"),
        (float, "float"),
        (Literal[1, 2], "Literal"),
    ],
    ids=str,
)
def test_a_type_that_is_not_a_cell_is_refused_in_the_declaration(kind: Any, named: str):
    """In one sentence, which names the field and its type."""
    with pytest.raises(BadContext, match=rf"^ThingDetails\.field is a {named}, which .*\.$") as refused:
        context_of({"field": (kind, None if type(None) in get_args(kind) else ...)})
    assert str(refused.value).count(". ") == 0


def test_another_type_may_be_a_column():
    """Pydantic reads it from a text, and writes it as a text."""
    context = context_of({"host": (IPv4Address, ...)})
    [row] = context.rows.check(context.rows.columns, [Record(2, ["t-1", "192.0.2.1"])]).rows
    items, thing = Items(context), context.aggregate(row.details, context.initial_status)
    assert items.to_aggregate(items.from_aggregate(thing)) == thing


def test_an_event_has_room_for_its_long_texts():
    """The largest event of the most of them is within SNS's limit of 256 KiB, and one field more is refused."""
    longs: Any = {f"note_{number}": (LongText, ...) for number in range(MOST_LONG_TEXTS)}
    context = context_of(longs | {f"text_{number}": (Text, ...) for number in range(30)})
    texts = {name: "\U0001f600" * (2000 if "note" in name else 200) for name in context.details.model_fields}
    aggregate = context.aggregate(context.details(**texts | {"thing_id": "t-1"}), context.initial_status)
    event = context.source.cloud_event("e", "ThingMade", "t-1", datetime.now(UTC), events.payload(aggregate), "")
    assert len(text_and_attributes(event)[0]) < 256 * 1024
    with pytest.raises(BadContext, match=r"^ThingDetails\.more is one LongText too many"):
        context_of({**longs, "more": (LongText | None, None)})


@pytest.mark.parametrize("kind", [known.kind for known in FIELD_TYPES if known.kind not in ("text", "identifier")])
def test_only_texts_refer_to_other_contexts(kind: str):
    """An id of another context is compared as written."""
    with pytest.raises(BadContext, match="which is not a text"):
        context_of({"field": ALL[kind]}, references={"field": "owner"})


@pytest.mark.parametrize("known", FIELD_TYPES, ids=lambda known: known.kind)
def test_a_required_personal_field_of_each_type_has_a_value_after_the_erasure(known: FieldType):
    """The value is valid, so the item can be read."""
    field: Any = {"field": (Annotated[ALL[known.kind][0], Personal], ...)}
    erased = context_of(field).personal
    assert erased == {"field": known.stored_value(known.erased)}
    assert TypeAdapter(ALL[known.kind][0]).validate_python(erased["field"]) is not None


def test_an_optional_field_has_the_kind_and_the_words_of_its_type():
    """And a type of one's own has none."""

    class Noted(BaseModel):
        note: Text | None = None
        amount: Amount
        other: str | None = None

    fields = Noted.model_fields
    assert {name: kind_of(field) for name, field in fields.items()} == {
        "note": "text",
        "amount": "decimal",
        "other": None,
    }
    assert description_of(fields["note"]) == "1 to 200 characters on one line, not starting with = + - or @"
    assert description_of(fields["other"]) is None
    assert [name for name, field in fields.items() if may_be_none(field)] == ["note", "other"]
    assert defaults(Noted) == {"note": None, "other": None}


class _Patient(BaseModel):
    """Has personal fields of each form, and others."""

    patient_id: Identifier
    name: Annotated[Text, Personal]
    born: Annotated[Day, Personal] = date(1900, 1, 1)
    phone: Annotated[Text, Personal] | None = None
    email: Annotated[Text | None, Personal] = None
    ward: Text = "A"


def test_personal_fields_have_a_value_after_the_erasure() -> None:
    """A required field is a fixed text, any other its default. The values are valid, and no other field is personal."""
    erased = personal(_Patient)
    assert erased == {"name": "erased", "born": "1900-01-01", "phone": None, "email": None}
    assert _Patient.model_validate({"patient_id": "p-1", **erased}).name == "erased"
