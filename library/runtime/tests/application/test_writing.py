"""The writer of exports: the reader of lists reads each written file back, in each format and encoding."""

import csv
import gzip
import json
import zipfile
from dataclasses import replace
from decimal import Decimal
from functools import partial, reduce
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape as openpyxl_unescape

from bounded_context.adapters.items import Items
from bounded_context.application import xml_writing
from bounded_context.application.checking import ListFile
from bounded_context.application.pieces import Unwritable
from bounded_context.application.reading import FileSource
from bounded_context.application.writing import Column, writer
from bounded_context.domain.formats import PLAIN, FileFormat
from bounded_context.testing import InMemorySeenIds, Samples
from tests.application.test_file_formats import formats
from tests.contexts import ORDER, Details, OrderDetails
from tests.exports import FIELDS

texts = st.text("ab z;,|\"'äöü.-1", min_size=1, max_size=12).map(str.strip).filter(lambda text: text[:1].isalpha())


def written(context: Any, items: list[dict[str, Any]], format_: FileFormat, pieces: int = 3, fields: Any = ()) -> bytes:
    """Return the file of items, written in pieces, each by a writer of its own, as after the end of a call."""
    columns = [Column(context, name, format_) for name in fields or context.details.model_fields]
    names, data = format_.names([column.name for column in columns]), b""
    state: Any = ()
    sums = {column.name: "0" for column in columns if column.summed}
    for start in range(0, max(1, len(items)), pieces):
        chunk, own = items[start : start + pieces], writer(names, format_)
        own.state = state
        data += own.beginning({}) if start == 0 else b""
        data += own.rows((item["pk"], [column.value(item) for column in columns]) for item in chunk)
        sums |= {c.name: reduce(c.add, chunk, sums[c.name]) for c in columns if c.summed}
        data += own.end(format_.stated(len(items), sums)) if start + pieces >= len(items) else b""
        state = _stored(own.state)
    return data


def _stored(state: Any) -> Any:
    """Return a state as the table returns it."""
    return [*map(Decimal, state)]


def item_of(context: Any, details: Details) -> dict[str, Any]:
    return Items(context).from_aggregate(context.aggregate(details, context.initial_status, 1, None))


PLACES = dict(zip(ORDER.rows.columns, ("2-9", "10-40", "41-60", "61-80", "81-90", "95-104"), strict=True))
PATHS = dict(zip(ORDER.rows.columns, ("@id", "Who/Name", "Amt", "Amt/@n", "../Express", "On/Day"), strict=True))
TRAILER = {"last": "T", "count": "last 2-9", "sum": "last 10-39", "of": "weight"}
ENDS = [TRAILER | {"count": "last 12", "sum": "last 2"}, {"first": "H", "last": "T", "count": "last 3"}]
COUNTED = {"count": "File/End/Count", "sum": "File/End/Sum", "of": "weight"}
placed = st.one_of(
    st.builds(
        partial(FileFormat, kind="fixed", columns=PLACES),
        record=st.just("D"),
        encoding=st.sampled_from(["utf-8", "utf-16", "windows-1252"]),
        control=st.sampled_from([{}, TRAILER, TRAILER | {"first": "H"}]),
        decimal=st.sampled_from([".", ",", "implied"]),
        date=st.sampled_from(["YYYY-MM-DD", "YYYYMMDD"]),
        compression=st.sampled_from(["none", "gzip"]),
    ),
    st.builds(
        partial(FileFormat, kind="xml", columns=PATHS),
        record=st.sampled_from(["File/Batch/Row", "File/Batches/Batch/Row"]),
        control=st.sampled_from([{}, COUNTED, {"count": "File/Count"}]),
        decimal=st.sampled_from([".", ","]),
        compression=st.sampled_from(["none", "gzip"]),
    ),
    st.builds(
        partial(FileFormat, kind="xlsx"), sheet=st.sampled_from(["", "A & <B>"]), control=st.sampled_from([{}, *ENDS])
    ),
    st.builds(
        FileFormat,
        control=st.sampled_from(ENDS),
        delimiter=st.sampled_from([";", "\t"]),
        encoding=st.sampled_from(["utf-8", "utf-16", "windows-1252"]),
        decimal=st.sampled_from([".", ","]),
        compression=st.sampled_from(["none", "gzip"]),
    ),
)


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


@given(orders(), st.one_of(formats, placed), st.integers(1, 4))
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
        "ORDER#id-000002: customer_id has the character U+017D, which LATIN-1 lacks: correct the value, or agree on "
        "another encoding or kind of files with the partner"
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


FIXED = FileFormat(kind="fixed", columns={"order_id": "2-11", "customer_id": "12-21", "weight": "22-31"}, record="D")
XML = FileFormat(kind="xml", record="File/Row", columns={"order_id": "@id", "customer_id": "Name", "weight": "Amount"})
SOME = ("order_id", "customer_id", "weight")


def _refused(format_: FileFormat, **changes: Any) -> str:
    items = [item_of(ORDER, row) for row in _two()]
    with pytest.raises(Unwritable) as refused:
        written(ORDER, [items[0], items[1] | changes], format_, fields=SOME)
    return str(refused.value).removeprefix("ORDER#id-000002: ")


CHARACTER = "correct the value, or agree on another encoding or kind of files with the partner"


@pytest.mark.parametrize(
    ("format_", "change", "fault"),
    [
        (
            FIXED,
            {"customer_id": "x" * 11},
            "customer_id has 11 characters, and its place 12-21 has 10: agree on a wider place with the partner, or "
            "correct the value",
        ),
        (
            FIXED,
            {"customer_id": "a\nb"},
            f"customer_id has the character U+000A, which a line of fixed width lacks: {CHARACTER}",
        ),
        (
            FIXED,
            {"customer_id": "b\r"},
            f"customer_id has the character U+000D, which a line of fixed width lacks: {CHARACTER}",
        ),
        (
            replace(FIXED, encoding="latin-1"),
            {"customer_id": "Žižek"},
            f"customer_id has the character U+017D, which LATIN-1 lacks: {CHARACTER}",
        ),
        (
            replace(FIXED, decimal="implied"),
            {"weight": "1.005"},
            "weight has more decimals than the two of an implied point: agree on another notation with the partner, or "
            "correct the value",
        ),
        (XML, {"customer_id": "a\x01"}, f"customer_id has the character U+0001, which XML lacks: {CHARACTER}"),
        (XML, {"customer_id": "\ufffe"}, f"customer_id has the character U+FFFE, which XML lacks: {CHARACTER}"),
        (
            FileFormat(kind="xlsx"),
            {"customer_id": "x" * 32_768},
            "customer_id has 32768 characters, and Excel reads 32767: shorten the value",
        ),
    ],
    ids=str,
)
def test_a_value_that_the_kind_cannot_have_is_refused_with_its_row(format_: FileFormat, change: Any, fault: str):
    assert _refused(format_, **change) == fault


def test_a_count_that_is_wider_than_its_place_is_refused():
    format_ = replace(FIXED, control={"last": "T", "count": "last 2-2"})
    items = [item_of(ORDER, Samples(ORDER).aggregate(number).details) for number in range(10)]
    with pytest.raises(Unwritable, match=r"^count has 2 characters, and its place 2-2 has 1: agree on a wider place"):
        written(ORDER, items, format_, fields=SOME)


def _item(number: int, **changes: Any) -> dict[str, Any]:
    return {"pk": f"ORDER#O-{number}", "order_id": f"O-{number}", "weight": f"{number}.50", **changes}


def test_a_fixed_width_file_has_its_lines_and_its_trailer():
    format_ = replace(FIXED, decimal="implied", control={"first": "H", **TRAILER})
    text = written(ORDER, [_item(1, customer_id="Ada"), _item(2)], format_, fields=SOME).decode()
    assert text.splitlines() == [
        "H",
        f"D{'O-1':10}{'Ada':10}{'150':10}",
        f"D{'O-2':20}{'250':10}",
        f"T{'2':8}{'400':30}",
    ]


def test_a_document_has_its_count_after_the_rows_and_no_element_without_value():
    format_ = replace(XML, record="File/Batch/Row", control=COUNTED)
    text = written(ORDER, [_item(1, customer_id="<A & \r\n>"), _item(2)], format_, fields=SOME).decode()
    assert text.partition("?>")[2] == (
        '<File><Batch><Row id="O-1"><Name>&lt;A &amp; &#13;\n&gt;</Name><Amount>1.50</Amount></Row>'
        '<Row id="O-2"><Amount>2.50</Amount></Row></Batch><End><Count>2</Count><Sum>4.00</Sum></End></File>'
    )
    assert len(ElementTree.fromstring(text).findall("Batch/Row")) == 2  # noqa: S314  (own file)


def test_the_elements_around_a_row_are_repeated():
    columns = {**XML.columns, "customer_id": "../Name", "weight": "../../Amount"}
    format_ = replace(XML, record="File/Group/Batch/Row", columns=columns, control={"count": "File/Count"})
    text = written(ORDER, [_item(1, customer_id="A"), _item(2, order_id=None)], format_, fields=SOME).decode()
    assert text.partition("?>")[2] == (
        '<File><Group><Amount>1.50</Amount><Batch><Name>A</Name><Row id="O-1" /></Batch></Group>'
        "<Group><Amount>2.50</Amount><Batch><Row /></Batch></Group><Count>2</Count></File>"
    )


@pytest.mark.parametrize("pieces", [1, 3])
def test_other_readers_read_a_workbook_with_types(pieces: int):
    """A text that begins as a formula is a text, and each character is written."""
    odd = ["=1+1", "_x0041_", "a\x01\r\n\ufffe", " ' & < \" ", "x" * 32_767]
    items = [_item(n, customer_id=text, pieces=10**n, express=n % 2 == 0) for n, text in enumerate(odd, 11)]
    fields = (*SOME, "pieces", "express", "wanted_on")
    data = written(ORDER, items, FileFormat(kind="xlsx", sheet="A & <B>"), pieces, fields)
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert all(part.date_time[0] == 1980 for part in archive.infolist())
    sheet = load_workbook(BytesIO(data)).worksheets[0]
    assert sheet.title == "A & <B>"
    header, *rows = sheet.iter_rows(values_only=True)
    assert header == fields
    assert rows[0][:1] + rows[0][2:] == ("O-11", 11.5, 10**11, False, None)
    assert [openpyxl_unescape(str(row[1])) for row in rows] == odd
    assert [cell.data_type for cell in sheet["B"][1:]] == ["s"] * 5
    assert [row[3] for row in rows[4:]] == ["1000000000000000"]
    records = [record.cells for record in FileSource(BytesIO(data)).records(FileFormat(kind="xlsx"))]
    assert [cells[1] for cells in records[1:]] == odd


@pytest.mark.parametrize(("name", "limit"), [("_MOST_ROWS", 2), ("_MOST_BYTES", 300)])
def test_a_workbook_that_excel_cannot_read_is_refused(name: str, limit: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(xml_writing, name, limit)
    with pytest.raises(Unwritable, match="export only changed rows, or agree on another kind of files"):
        written(ORDER, [_item(1), _item(2)], FileFormat(kind="xlsx"), fields=SOME)


@pytest.mark.parametrize("form", [FIXED, XML, FileFormat(kind="xlsx"), FileFormat(kind="json-lines"), PLAIN], ids=str)
def test_a_file_without_rows_is_complete(form: FileFormat):
    data = written(ORDER, [], form, fields=SOME)
    if form.kind == "xlsx":
        assert [*load_workbook(BytesIO(data)).worksheets[0].iter_rows(values_only=True)] == [SOME]
    else:
        texts = {"xml": b"<File></File>", "csv": b"order_id,customer_id,weight\r\n"}
        assert data.rpartition(b"?>")[2] == texts.get(form.kind, b"")


@pytest.mark.parametrize("form", [FIXED, XML, FileFormat(kind="xlsx"), FileFormat(kind="json-lines"), PLAIN], ids=str)
def test_a_continued_file_is_the_file_of_a_single_call(form: FileFormat):
    items = [_item(number, customer_id=f"{number} Söhne") for number in range(7)]
    files = [written(ORDER, items, form, pieces, SOME) for pieces in (1, 2, 7)]
    if form.kind == "xlsx":
        # The pieces of a workbook are packed apart.
        archives = [zipfile.ZipFile(BytesIO(data)) for data in files]
        texts = [{name: archive.read(name) for name in archive.namelist()} for archive in archives]
        assert texts[0] == texts[1] == texts[2]
    else:
        assert files[0] == files[1] == files[2]
