"""What each field type takes as text, and what it refuses."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from bounded_context.domain.fields import (
    Amount,
    Currency,
    Day,
    Flag,
    Identifier,
    Personal,
    Text,
    WholeNumber,
    defaults,
    description_of,
    kind_of,
    may_be_none,
    personal,
)

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
]


@pytest.mark.parametrize(("kind", "text"), GOOD)
def test_takes_what_a_partner_would_write(kind: Any, text: str):
    """A value in its usual form is taken."""
    TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize(("kind", "text"), BAD)
def test_refuses_what_only_looks_right(kind: Any, text: str):
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
        taken = TypeAdapter(Text).validate_python(text)
    except ValidationError:
        return
    assert not any(ord(character) < 32 or ord(character) == 127 for character in taken)
    assert taken[0] not in "=+-@"


def test_a_field_that_may_be_left_out_has_the_kind_and_the_words_of_its_type():
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
