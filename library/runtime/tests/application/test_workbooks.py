"""Excel workbooks: the rows of another writer's workbooks, and workbooks that attack the reader."""

import random
import re
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from payment.context import PAYMENT

from bounded_context.application.checking import ListFile
from bounded_context.application.list_import import Outcome
from bounded_context.application.reading import FileSource
from bounded_context.domain.faults import ListFault
from bounded_context.domain.formats import MOST_BYTES, PLAIN, FileFormat, Formats
from bounded_context.domain.lists import ListStatus
from bounded_context.domain.rows import Record, Unreadable
from bounded_context.testing import InMemorySeenIds, Samples
from bounded_context.testing.functions import assembled
from bounded_context_infra.configuration.formats import file_format
from bounded_context_infra.configuration.schema import BadMember
from tests.application.world import World

FORM, SAMPLES = PAYMENT.rows, Samples(PAYMENT)
XLSX: Final = FileFormat(kind="xlsx")
SHEET: Final = "xl/worksheets/sheet1.xml"


def _workbook(rows: Sequence[Sequence[Any]], change: Callable[[Any], object] = lambda _: None) -> bytes:
    """Return a workbook as openpyxl writes it: with shared texts, styles and dates."""
    book = Workbook()
    for row in rows:
        book.worksheets[0].append([*row])
    change(book)
    book.save(data := BytesIO())
    return data.getvalue()


def _with_shared_texts(rows: Sequence[Sequence[Any]]) -> bytes:
    """Return a workbook as XlsxWriter writes it, and Excel: the texts are in a part of their own."""
    book = xlsxwriter.Workbook(data := BytesIO(), {"in_memory": True, "default_date_format": "dd.mm.yyyy"})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return data.getvalue()


WRITERS: Final = (_workbook, _with_shared_texts)


def _edited(data: bytes, **changes: Callable[[bytes], bytes]) -> bytes:
    """Return a workbook with changed parts, named by the beginning of their last name; `more` is a new part."""
    with zipfile.ZipFile(BytesIO(data)) as archive, zipfile.ZipFile(out := BytesIO(), "w", zipfile.ZIP_DEFLATED) as new:
        for part in archive.infolist():
            change = changes.get(part.filename.rpartition("/")[2].partition(".")[0], lambda text: text)
            new.writestr(part.filename, change(archive.read(part)))
        if "more" in changes:
            new.writestr(changes["more"](b"").decode(), b"x")
    return out.getvalue()


def _moved(data: bytes) -> bytes:
    """Return a workbook whose directory states that each part begins before the file."""
    changed = bytearray(data)
    at = data.rindex(b"PK\x05\x06") + 16
    changed[at : at + 4] = (int.from_bytes(data[at : at + 4], "little") + 2**20).to_bytes(4, "little")
    return bytes(changed)


def _records(data: bytes, format_: FileFormat = XLSX, most: int = MOST_BYTES) -> list[Record]:
    return list(FileSource(BytesIO(data), most).records(format_))


def _refused(data: bytes, format_: FileFormat = XLSX, most: int = MOST_BYTES) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        list(ListFile(BytesIO(data), FORM, InMemorySeenIds(), format_, most).checked())
    return refused.value


def _typed(n: int) -> list[Any]:
    own = SAMPLES.values(n, payer="Jürgen <& Söhne>")
    return [
        float(text) if name == "amount" else date.fromisoformat(text) if name == "due_date" else text
        for name, text in own.items()
    ]


@pytest.mark.parametrize("write", WRITERS)
def test_a_workbook_has_the_rows_of_the_plain_file(write: Callable[..., bytes]):
    """Numbers and dates of Excel are values of their columns."""
    plain = SAMPLES.file([SAMPLES.values(n, payer="Jürgen <& Söhne>") for n in range(5)])
    data = write([[*FORM.columns], *map(_typed, range(5))])
    results = [
        [row.details for part in ListFile(BytesIO(each), FORM, InMemorySeenIds(), form).checked() for row in part.rows]
        for each, form in ((data, XLSX), (plain, PLAIN))
    ]
    assert results[0] == results[1]
    assert len(results[0]) == 5
    assert [record.line for record in _records(data)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (-5, "-5"),
        (12.5, "12.5"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (123456789012345, "123456789012345"),
        (True, "true"),
        (False, "false"),
        ("007", "007"),
        (" a ", " a "),
        ("a\nb", "a\nb"),
        ("_x005F_x0041_", "_x0041_"),
        (date(2026, 2, 28), "2026-02-28"),
        (date(1900, 1, 1), "1900-01-01"),
        (date(1900, 3, 1), "1900-03-01"),
        (date(9999, 12, 31), "9999-12-31"),
        (datetime(2026, 2, 28, 13, 59, 58), "2026-02-28T13:59:58"),
    ],
    ids=str,
)
def test_a_value_is_its_text(value: Any, text: str):
    assert _records(_workbook([["name"], [value]]))[1].cells == [text]


def test_dates_may_begin_in_1904_and_have_a_format_of_their_own():
    def change(book: Any) -> None:
        book.active["A2"].number_format = 'dd"."mm"."yyyy'
        book.active["B2"].number_format = '"day" 0'
        book.active["C2"].number_format = "[Red]0.00"

    data = _workbook([["a", "b", "c"], [45_000, 45_000, 45_000]], change)
    assert _records(data)[1].cells == ["2023-03-15", "45000", "45000"]
    of_1904 = _edited(data, workbook=lambda text: text.replace(b"<workbookPr ", b'<workbookPr date1904="1" '))
    assert _records(of_1904)[1].cells[0] == "2027-03-16"


def test_empty_cells_and_rows_have_no_value():
    """A row ends with its last value, and its empty cells have none."""
    data = _workbook([[], ["a", "b", "c"], [], ["1"], [None, None, "3", None], ["1", "2", "3", "4"]])
    assert [(record.line, record.cells) for record in _records(data)] == [
        (2, ["a", "b", "c"]),
        (4, ["1", "", ""]),
        (5, ["", "", "3"]),
        (6, ["1", "2", "3", "4"]),
    ]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("=1+1", "the cell B2 has a formula: replace it by its value"),
        ("#N/A", "the cell B2 has the error '#N/A': correct it"),
        (12345678901234567, "the cell B2 has a number of more than 15 digits: write it as text"),
        (1e300, "the cell B2 has a number of more than 15 digits: write it as text"),
    ],
    ids=str,
)
def test_a_cell_without_a_plain_value_rejects_its_row(value: Any, reason: str):
    data = _workbook([["a", "b"], ["1", value], ["2", "3"]])
    assert [(record.cells, record.fault) for record in _records(data)[1:]] == [([], reason), (["2", "3"], "")]


@pytest.mark.parametrize("serial", [b"0", b"60", b"-1", b"1e9", b"0.5"])
def test_a_day_that_does_not_exist_rejects_its_row(serial: bytes):
    data = _workbook([["a"], [date(2026, 1, 1)]])
    wrong = _edited(data, sheet1=lambda text: text.replace(b"<v>46023</v>", b"<v>" + serial + b"</v>"))
    assert _records(wrong)[1].fault == "the cell A2 has a date that does not exist"


def _hide(book: Any) -> None:
    book.create_sheet("Values").sheet_state = "hidden"


def _encrypted(data: bytes) -> bytes:
    flagged = bytearray(data)
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for match in re.finditer(re.escape(sign), data):
            flagged[match.start() + offset] |= 1
    return bytes(flagged)


GOOD: Final = _workbook([[*FORM.columns], _typed(1)])
SHARED: Final = _with_shared_texts([[*FORM.columns], _typed(1)])
REFUSALS: Final = {
    "formula in the header": (_workbook([["=A2"], ["x"]]), ListFault.HEADER, "has a formula"),
    "merged cells": (
        _workbook([[*FORM.columns], _typed(1)], lambda book: book.active.merge_cells("A3:B4")),
        ListFault.STRUCTURE,
        "the cells 'A3:B4' are merged",
    ),
    "two sheets": (_workbook([["a"]], lambda book: book.create_sheet("B")), ListFault.STRUCTURE, "2 visible sheets"),
    "macros": (_edited(GOOD, more=lambda _: b"xl/vbaProject.bin"), ListFault.STRUCTURE, "has macros"),
    "macros of Excel 4": (_edited(GOOD, more=lambda _: b"xl/macrosheets/a.xml"), ListFault.STRUCTURE, "has macros"),
    "encrypted workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, ListFault.STRUCTURE, "is encrypted"),
    "encrypted archive": (_encrypted(GOOD), ListFault.STRUCTURE, "is encrypted"),
    "text": (SAMPLES.file([SAMPLES.values(1)]), ListFault.STRUCTURE, "no Excel workbook"),
    "broken off": (GOOD[:-400], ListFault.COMPRESSION, "is broken"),
    "no workbook": (_edited(GOOD, workbook=lambda _: b"<a>"), ListFault.STRUCTURE, "no well-formed XML"),
    "document type": (
        _edited(GOOD, sheet1=lambda text: b'<!DOCTYPE a [<!ENTITY b "c">]>' + text.partition(b"?>")[2]),
        ListFault.STRUCTURE,
        "has a document type",
    ),
    "unknown text": (
        _edited(SHARED, sharedStrings=lambda _: b"<sst><si><t>a</t></si></sst>"),
        ListFault.COMPRESSION,
        "is broken",
    ),
    "text before the first": (
        _edited(SHARED, sheet1=lambda text: text.replace(b"<v>0</v>", b"<v>-1</v>")),
        ListFault.COMPRESSION,
        "is broken",
    ),
    "repeated row": (
        _edited(GOOD, sheet1=lambda text: text.replace(b'r="2"', b'r="1"')),
        ListFault.COMPRESSION,
        "is broken",
    ),
    "row twice": (
        _edited(GOOD, sheet1=lambda text: re.sub(rb"(<row r=.2.*</row>)", rb"\1\1", text)),
        ListFault.COMPRESSION,
        "is broken",
    ),
    "repeated cell": (
        _edited(GOOD, sheet1=lambda text: text.replace(b'r="B2"', b'r="A2"')),
        ListFault.COMPRESSION,
        "is broken",
    ),
    "part before the file": (_moved(GOOD), ListFault.COMPRESSION, "is broken"),
    "far cell": (
        _edited(GOOD, sheet1=lambda text: text.replace(b'r="F2"', b'r="ZZZ2"')),
        ListFault.RECORD,
        "more than 1000 columns",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_workbook_that_is_no_plain_list_is_refused(case: str):
    data, fault, reason = REFUSALS[case]
    refusal = _refused(data)
    assert refusal.fault is fault
    assert reason in refusal.reason


def test_a_partner_without_workbooks_is_asked_for_text():
    refusal = _refused(GOOD, PLAIN)
    assert (refusal.fault, refusal.reason[-12:]) == (ListFault.COMPRESSION, "save it as text"[-12:])


def test_a_csv_file_of_a_partner_with_workbooks_has_its_difference():
    [difference] = [each for each in _refused(SAMPLES.file([SAMPLES.values(1)])).differences if each.member == "kind"]
    assert difference.remedy(XLSX) == "The file has a table (CSV): save it as an Excel workbook (.xlsx)"


def test_hidden_sheets_are_no_lists_and_a_sheet_may_have_a_name():
    assert len(_records(_workbook([["a"], ["1"]], _hide))) == 2
    two = _workbook([["a"], ["1"]], lambda book: book.create_sheet("Other").append(["b"]))
    assert _records(two, replace(XLSX, sheet="Other"))[0].cells == ["b"]
    assert "no sheet 'Third'" in _refused(two, replace(XLSX, sheet="Third")).reason


@pytest.mark.parametrize("name", ["", "a/b", "a\\b", "a?", "a*", "[a]", "a:b", "'a", "a'", 32 * "a"])
def test_a_name_that_no_sheet_can_have_is_refused(name: str):
    """Excel refuses it, so no file would have the sheet, and no partner could open an export."""
    assert file_format({"kind": "xlsx", "sheet": "Claims '26"}, ["id"]).sheet == "Claims '26"
    with pytest.raises(BadMember) as refused:
        file_format({"kind": "xlsx", "sheet": name}, ["id"])
    assert refused.value.member == "sheet"


def _bomb(name: str, begin: bytes, part: bytes, size: int, end: bytes = b"") -> bytes:
    """Return a workbook whose part is large, and packed to a thousandth."""
    with (
        zipfile.ZipFile(BytesIO(SHARED)) as archive,
        zipfile.ZipFile(out := BytesIO(), "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for other in archive.infolist():
            if other.filename != name:
                new.writestr(other.filename, archive.read(other))
        with new.open(name, "w") as file:
            file.write(begin)
            for _ in range(size // (len(part) * 1000)):
                file.write(part * 1000)
            file.write(end)
    return out.getvalue()


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = _bomb(SHEET, b"", b"<row/>", 40_000_000)
    assert len(bomb) < 200_000
    tracemalloc.start()
    refusal = _refused(bomb, most=20_000_000)
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()
    assert (refusal.fault, refusal.reason[:35]) == (ListFault.SIZE, "the unpacked workbook is too large:")


def test_a_bomb_that_states_a_small_size_is_read_up_to_this_size():
    bomb = bytearray(_bomb(SHEET, b"<worksheet><sheetData>", b"<row/>", 30_000_000))
    for place in [match.start() for match in re.finditer(b"PK\x01\x02", bomb)]:
        if bomb[place + 46 :].startswith(SHEET.encode()):
            bomb[place + 24 : place + 28] = (1000).to_bytes(4, "little")
    assert _refused(bytes(bomb), most=20_000_000).fault in (ListFault.COMPRESSION, ListFault.STRUCTURE)


def test_a_directory_of_many_parts_is_refused():
    with zipfile.ZipFile(out := BytesIO(), "w") as archive:
        for number in range(20_000):
            archive.writestr(f"part-{number}", b"")
    assert "too many parts" in _refused(out.getvalue()).reason


_NIGHTLY = pytest.mark.nightly
"""Of the parts with millions of elements."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "begin", "part", "end"),
    [
        pytest.param(SHEET, b"<worksheet><sheetData>", b"<row/>", b"</sheetData></worksheet>", marks=_NIGHTLY),
        pytest.param(
            *(SHEET, b"<worksheet><sheetData><row>", b'<c t="b"><v></v></c>', b"</row></sheetData></worksheet>"),
            marks=_NIGHTLY,
        ),
        (SHEET, b"<worksheet><sheetData><row><c><is><t>", b"x" * 100, b""),
        (SHEET, b"<worksheet a='", b"x" * 100, b""),
        pytest.param("xl/sharedStrings.xml", b"<sst>", b"<si><t>a text</t></si>", b"</sst>", marks=_NIGHTLY),
        ("xl/sharedStrings.xml", b"<sst><si><t>", b"x" * 100, b""),
        ("xl/styles.xml", b"<styleSheet><cellXfs>", b"<xf/>", b"</cellXfs></styleSheet>"),
        ("xl/workbook.xml", b"<workbook>", b"<sheet/>", b"</workbook>"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_large_part_takes_little_memory(name: str, begin: bytes, part: bytes, end: bytes):
    data = _bomb(name, begin, part, 20_000_000, end)
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable):
            list(ListFile(BytesIO(data), FORM, InMemorySeenIds(), XLSX).checked())
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12)
cells = st.one_of(st.none(), texts.filter(lambda text: not text.startswith(("=", "#"))), st.integers(-(10**14), 10**14))


@pytest.mark.parametrize("write", WRITERS)
@given(rows=st.lists(st.lists(st.one_of(cells, st.booleans(), st.dates(date(1901, 1, 1))), max_size=6), max_size=8))
@settings(max_examples=60, deadline=None)
def test_the_values_of_another_writer_are_read_back(write: Callable[..., bytes], rows: list[list[Any]]):
    def text(value: Any) -> str:
        match value:
            case None:
                return ""
            case bool():
                return str(value).lower()
        return value.isoformat() if isinstance(value, date) else str(value)

    expected = [[*map(text, row)] for row in [["a", "b", "c", "d", "e", "f"], *rows]]
    expected = [row + [""] * (6 - len(row)) for row in expected if any(row)]
    assert [record.cells for record in _records(write([["a", "b", "c", "d", "e", "f"], *rows]))] == expected


@pytest.mark.slow
def test_any_damage_is_a_refusal_and_never_another_error():
    dice = random.Random(5)  # noqa: S311  (not secret)
    for number in range(3000):
        data = bytearray(SHARED if number % 2 else GOOD)
        for _ in range(dice.randrange(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        damaged = bytes(data[: dice.randrange(len(data))] if number % 5 == 0 else data)
        try:
            list(ListFile(BytesIO(damaged), FORM, InMemorySeenIds(), XLSX).checked())
        except Unreadable as refusal:
            assert refusal.fault


def test_a_list_is_imported_and_a_refused_list_has_no_row():
    world = World(PAYMENT)
    world.formats = Formats({"acme": XLSX}, MOST_BYTES)
    list_id = world.ready_to_import_file(GOOD)
    world.import_parts(list_id)
    assert len(world.aggregates.stored) == 1
    world = World(PAYMENT)
    world.formats = Formats({"acme": XLSX}, MOST_BYTES)
    list_id = world.register(REFUSALS["merged cells"][0]).list_id
    assert world.validate(list_id).outcome is Outcome.REJECTED
    assert world.compensate(list_id) is ListStatus.REJECTED
    assert [line["code"] for line in world.report()] == ["list-structure"]
    assert not world.aggregates.stored


def test_a_written_workbook_is_read_back_with_other_names():
    format_ = replace(XLSX, header={"Betrag": "amount"}, sheet="A & B")
    data = SAMPLES.file([SAMPLES.values(n) for n in range(3)], format_=format_)
    checked = [*ListFile(BytesIO(data), FORM, InMemorySeenIds(), format_).checked()]
    assert [len(part.rows) for part in checked] == [3]
    assert assembled([["a"], ["b"]], XLSX) == assembled([["a"], ["b"]], XLSX)


@pytest.mark.parametrize("member", ["encoding", "decimal", "date", "compression", "delimiter", "columns"])
def test_a_member_of_text_is_refused(member: str):
    values = {"encoding": "utf-8", "decimal": ",", "date": "DD.MM.YYYY", "compression": "gzip", "delimiter": ";"}
    with pytest.raises(BadMember) as refused:
        file_format({"kind": "xlsx", member: values.get(member, {})}, FORM.columns)
    assert refused.value.member == member
    assert file_format({"kind": "xlsx", "sheet": "A", "header": {"a": "amount"}}, FORM.columns).sheet == "A"
