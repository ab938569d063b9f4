"""The writer of exports: the reader of lists reads each written file back, in each format and encoding."""

import csv
import gzip
import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounded_context.adapters.items import Items
from bounded_context.application.checking import ListFile
from bounded_context.application.writing import Column, Unwritable, Writer
from bounded_context.domain.formats import PLAIN, FileFormat
from bounded_context.testing import InMemorySeenIds, Samples
from tests.application.test_file_formats import formats
from tests.contexts import ORDER, Details, OrderDetails
from tests.exports import FIELDS

texts = st.text("ab z;,|\"'äöü.-1", min_size=1, max_size=12).map(str.strip).filter(lambda text: text[:1].isalpha())


def written(context: Any, items: list[dict[str, Any]], format_: FileFormat, pieces: int = 3, fields: Any = ()) -> bytes:
    """Return the file of items, written in pieces."""
    columns = [Column(context, name, format_) for name in fields or context.details.model_fields]
    writer = Writer(columns, format_)
    chunks = [items[start : start + pieces] for start in range(0, len(items), pieces)]
    return writer.beginning() + b"".join(writer.rows(chunk) for chunk in chunks)


def item_of(context: Any, details: Details) -> dict[str, Any]:
    return Items(context).from_aggregate(context.aggregate(details, context.initial_status, 1, None))


@st.composite
def orders(draw: Any) -> list[Details]:
    numbers = draw(st.lists(st.integers(1, 99), unique=True, min_size=1, max_size=8))
    amounts, wholes = st.decimals("0.01", "9999999.99", places=2), st.integers(-999, 10**14)
    days = st.dates()
    return [
        OrderDetails.model_validate(
            {
                "order_id": f"O-{number}",
                "customer_id": draw(texts),
                "weight": str(draw(amounts)),
                "pieces": draw(wholes),
                "express": draw(st.booleans()),
                "wanted_on": str(draw(days)),
            }
        )
        for number in numbers
    ]


@given(orders(), formats, st.integers(1, 4))
@settings(max_examples=300)
def test_the_reader_reads_back_each_written_file(rows: list[Details], format_: FileFormat, pieces: int):
    format_ = replace(format_, header={})
    data = written(ORDER, [item_of(ORDER, row) for row in rows], format_, pieces)
    checked = list(ListFile(BytesIO(data), ORDER.rows, InMemorySeenIds(), format_).checked())
    assert [rejection for part in checked for rejection in part.rejections] == []
    assert [row.details for part in checked for row in part.rows] == rows


@pytest.mark.parametrize("kind", ["csv", "json-lines"])
def test_the_partner_s_names_and_notations_are_written(kind: str):
    format_ = FileFormat(kind=kind, delimiter=";", decimal=",", date="DD.MM.YYYY", header={"Betrag": "weight"})
    values = {"order_id": "O-1", "customer_id": "a;b", "weight": "1.50", "pieces": 2, "express": True}
    item = item_of(ORDER, OrderDetails.model_validate({**values, "wanted_on": "2026-12-31"}))
    text = written(
        ORDER, [item], format_, fields=("order_id", "weight", "pieces", "express", "wanted_on", "customer_id")
    ).decode()
    if kind == "csv":
        assert text == 'order_id;Betrag;pieces;express;wanted_on;customer_id\r\nO-1;1,50;2;true;31.12.2026;"a;b"\r\n'
    else:
        assert json.loads(text) == {
            "order_id": "O-1",
            "Betrag": "1,50",
            "pieces": 2,
            "express": True,
            "wanted_on": "31.12.2026",
            "customer_id": "a;b",
        }


@pytest.mark.parametrize("text", ["=1+1", "+x", "-x", "@x", "\tx", "\rx"])
def test_a_formula_becomes_text_in_a_table(text: str):
    """Only a value that no type of the library accepts, such as that of an own type, begins so."""
    item = {"pk": "ORDER#O-1", "customer_id": text, "weight": "-1.00"}
    rows = written(ORDER, [item], PLAIN, fields=("customer_id", "weight")).decode()
    assert list(csv.reader(rows.splitlines(keepends=True)))[1] == [f"'{text}", "-1.00"]
    lines = written(ORDER, [item], FileFormat(kind="json-lines"), fields=("customer_id",)).decode()
    assert json.loads(lines) == {"customer_id": text}


def test_a_character_that_the_encoding_lacks_is_refused_with_its_row():
    items = [item_of(ORDER, row) | {"customer_id": name} for row, name in zip(_two(), ("ok", "Žižek"), strict=True)]
    with pytest.raises(Unwritable) as refused:
        written(ORDER, items, FileFormat(encoding="latin-1"))
    assert str(refused.value) == (
        "ORDER#id-000002: customer_id has the character U+017D, which LATIN-1 lacks: agree on another encoding with "
        "the partner, such as utf-8, or correct the value"
    )


def _two() -> list[Details]:
    return [Samples(ORDER).aggregate(number).details for number in (1, 2)]


def test_a_missing_value_is_an_empty_cell_or_its_default():
    fields = (*FIELDS, "packed_by", "parcels", "created_at")
    item = {"pk": "ORDER#O-1", "order_id": "O-1", "status": "PLACED"}
    cells = list(csv.reader(written(ORDER, [item], PLAIN, fields=fields).decode().splitlines()))
    assert dict(zip(*cells, strict=True)) == dict.fromkeys(fields, "") | {
        "order_id": "O-1",
        "status": "PLACED",
        "parcels": "0",
    }


def test_a_compressed_file_has_a_member_for_each_piece():
    items = [item_of(ORDER, row) for row in _two()]
    packed = written(ORDER, items, FileFormat(compression="gzip"), pieces=1)
    assert gzip.decompress(packed) == written(ORDER, items, PLAIN)


def test_sums_are_exact():
    column, total = Column(ORDER, "weight", PLAIN), "0"
    for _ in range(10):
        total = column.add(total, {"weight": "0.10"})
    assert column.add(column.add(total, {"weight": "9" * 40 + ".01"}), {}) == "1" + "0" * 40 + ".01"
