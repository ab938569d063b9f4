"""Tables with a first or a last line that is no row, such as a trailer with the file's own count and sum."""

import gzip
from dataclasses import replace
from io import BytesIO
from typing import Any, Final

import openpyxl
import pytest
from payment.context import PAYMENT

from bounded_context.application.checking import ListFile
from bounded_context.application.list_import import Outcome
from bounded_context.application.ranges import RANGE_BYTES, has_ranges
from bounded_context.domain.faults import ListFault
from bounded_context.domain.formats import MOST_BYTES, ONE_PASS_BYTES, FileFormat, Formats
from bounded_context.domain.rows import Unreadable
from bounded_context.testing import InMemorySeenIds, Samples
from bounded_context_infra.configuration.formats import file_format
from bounded_context_infra.configuration.schema import BadMember
from tests.application.world import World

FORM, SAMPLES = PAYMENT.rows, Samples(PAYMENT)
ENDS: Final = {"first": "H", "last": "T", "count": "last 2", "sum": "last 4", "of": "amount"}
TABLE: Final = FileFormat(delimiter=";", decimal=",", header={"Betrag": "amount"}, control=ENDS)
WORKBOOK: Final = FileFormat(kind="xlsx", control=ENDS)
PLAIN_ROWS: Final = SAMPLES.file([SAMPLES.values(n, amount=f"{n}.50") for n in range(3)]).decode().splitlines()


def _table(*, last: str = "T;3;;4,50", first: str = "H;20261201") -> list[str]:
    """Return the lines of a table, written without the library's writers."""
    header, *rows = (line.replace(",", ";").replace(".", ",") for line in PLAIN_ROWS)
    return [first, header.replace("amount", "Betrag"), *rows, last]


def _joined(lines: list[str]) -> bytes:
    return "\r\n".join(lines).encode()


def _workbook(first: list[Any], last: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for cells in (first, *(line.split(",") for line in PLAIN_ROWS), last):
        book.active.append(cells)  # pyrefly: ignore[missing-attribute] (a new workbook has a sheet)
    book.save(data := BytesIO())
    return data.getvalue()


def _read(data: bytes, format_: FileFormat = TABLE) -> tuple[list[Any], list[Any]]:
    checked = list(ListFile(BytesIO(data), FORM, InMemorySeenIds(), format_, MOST_BYTES).checked())
    return (
        [row.details for part in checked for row in part.rows],
        [(each.line, each.code) for part in checked for each in part.rejections],
    )


def _refused(data: bytes, format_: FileFormat = TABLE) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        _read(data, format_)
    return refused.value


PLAIN: Final = _read(_joined(PLAIN_ROWS), FileFormat())


def test_the_lines_around_the_rows_are_no_rows():
    assert len(PLAIN[0]) == 3
    assert _read(_joined(_table())) == PLAIN
    assert _read(_joined([*_table(last='"T";"3"; ;" 4,50"'), "", ""])) == PLAIN
    assert _read(gzip.compress(_joined(_table())), replace(TABLE, compression="gzip")) == PLAIN
    assert _read("\n".join(_table()).encode("utf-16"), replace(TABLE, encoding="utf-16")) == PLAIN


def test_the_sum_is_that_of_our_column_whatever_the_partners_names():
    """The partner's column `amount` is the payer."""
    swapped = replace(TABLE, header={"Betrag": "amount", "amount": "payer"})
    lines = _table()
    assert _read(_joined([lines[0], lines[1].replace("payer", "amount"), *lines[2:]]), swapped) == PLAIN


def test_a_trailer_alone_needs_neither_a_count_nor_a_first_line():
    trailer = replace(TABLE, control={"last": "T"})
    assert _read(_joined(_table(last="T;unknown")[1:]), trailer) == PLAIN


@pytest.mark.parametrize("width", [1, 30])
@pytest.mark.parametrize("empty", [None, ""])
def test_a_workbook_may_have_a_narrow_or_a_wide_line_around_its_rows(width: int, empty: str | None):
    data = _workbook(["H", *["x"] * width], ["T", 3, empty, 4.5, *[None] * width])
    assert _read(data, WORKBOOK) == PLAIN


@pytest.mark.parametrize(
    ("place", "line", "reason"),
    [
        (-1, "T;4;;4,50", "the file states 4 rows at column 2 of the last line, and its rows have 3"),
        (-1, "T;3;;4,51", "the file states 4.51 as sum of amount at column 4 of the last line, and its rows have 4.50"),
        (-1, "T;3;;4.50", "the file has no plain number as sum of its rows at column 4 of the last line"),
        (-1, "T;;;4,50", "the file has no plain number as count of its rows at column 2 of the last line"),
        (-1, "T;3", "the file has no plain number as sum of its rows at column 4 of the last line"),
        (-1, "X;3;;4,50", "the last line does not begin with 'T'"),
        (0, "X", "the first line does not begin with 'H'"),
    ],
)
def test_a_table_whose_own_count_or_sum_is_wrong_is_refused(place: int, line: str, reason: str):
    lines = _table()
    lines[place] = line
    refusal = _refused(_joined(lines))
    assert (refusal.reason, refusal.fault) == (reason, ListFault.CONTROL)


def test_a_row_without_a_number_and_a_short_row_make_the_sum_wrong():
    lines = _table()
    for row in ("a;b", lines[3].replace("1,50", "x")):
        refusal = _refused(_joined([*lines[:3], row, *lines[4:]]))
        assert (refusal.reason, refusal.fault, refusal.line) == (
            "the sum of amount cannot be checked: the row has no number",
            ListFault.CONTROL,
            4,
        )


def test_a_row_whose_fault_is_known_makes_the_sum_wrong_by_this_fault():
    data = _workbook(["H"], ["T", 3, None, 4.5])
    assert _read(data, WORKBOOK) == PLAIN
    book = openpyxl.load_workbook(BytesIO(data))
    book.active["C4"] = "=1.5"  # pyrefly: ignore[unsupported-operation] (the workbook has a sheet)
    book.save(changed := BytesIO())
    refusal = _refused(changed.getvalue(), WORKBOOK)
    reason = "the sum of amount cannot be checked: the cell C4 has a formula: replace it by its value"
    assert (refusal.reason, refusal.fault, refusal.line) == (reason, ListFault.CONTROL, 4)


@pytest.mark.parametrize(("format_", "place"), [(TABLE, "second"), (replace(TABLE, control={"last": "T"}), "first")])
def test_wrong_names_of_columns_are_refused_with_the_line_of_the_names(format_: FileFormat, place: str):
    lines = [line.replace("payer", "debtor") for line in _table()]
    refusal = _refused(_joined(lines[place == "first" :]), format_)
    assert (refusal.fault, refusal.line) == (ListFault.HEADER, 1 + (place == "second"))
    assert f". The {place} line must name payment_id," in refusal.reason


def test_rows_that_are_rejected_count_too():
    lines = _table()
    counted = replace(TABLE, control={"first": "H", "last": "T", "count": "last 2"})
    good, rejected = _read(_joined([*lines[:3], "a;b", *lines[4:]]), counted)
    assert (len(good), rejected) == (2, [(4, "cells")])


def test_a_table_that_breaks_off_is_refused():
    lines = _table()
    for end in range(len(lines)):
        assert _refused(_joined(lines[:end])).fault in (ListFault.CONTROL, ListFault.EMPTY), lines[:end]
    assert _refused(_joined([*lines[:2], "T;0;;0"])).fault is ListFault.EMPTY
    assert _refused(_joined([lines[0], "T;0;;0"])).fault is ListFault.EMPTY


def test_the_trailer_of_a_workbook_has_values():
    """A formula would show another count after an edit, and its value may be missing."""
    refusal = _refused(_workbook(["H"], ["T", "=COUNTA(A3:A5)", None, 4.5]), WORKBOOK)
    assert refusal.fault is ListFault.CONTROL
    assert "B6" in refusal.reason
    assert _refused(_workbook(["H"], ["T", 4, None, 4.5]), WORKBOOK).fault is ListFault.CONTROL
    assert _refused(_workbook(["H"], ["T", 3, None, 4.51]), WORKBOOK).fault is ListFault.CONTROL


def test_a_large_table_is_read_from_its_beginning_to_its_end():
    assert has_ranges(RANGE_BYTES + 1, replace(TABLE, control={}))
    assert not has_ranges(RANGE_BYTES + 1, TABLE)
    assert TABLE.most_bytes(MOST_BYTES) == ONE_PASS_BYTES


def test_a_refused_list_has_its_code():
    world = World(PAYMENT)
    world.formats = Formats({"acme": TABLE}, MOST_BYTES)
    list_id = world.register(_joined(_table(last="T;4;;4,50"))).list_id
    assert world.validate(list_id).outcome is Outcome.REJECTED
    world.compensate(list_id)
    [line] = world.report()
    assert (line["line"], line["code"]) == ("", "list-control")


@pytest.mark.parametrize("format_", [TABLE, WORKBOOK, replace(TABLE, kind="xlsx", delimiter=",", decimal=".")])
def test_the_writers_write_the_lines_that_the_readers_read(format_: FileFormat):
    rows = [SAMPLES.values(n, amount=f"{n}.50") for n in range(3)]
    data = SAMPLES.file(rows, format_=format_)
    assert _read(data, format_) == PLAIN
    if format_ is TABLE:
        assert data.decode().splitlines()[-1] == "T;3;;4,50"
    else:
        sheet: Any = openpyxl.load_workbook(BytesIO(data)).active
        assert [cell.value for cell in [*sheet.rows][-1]][:4] == ["T", 3, None, 4.5]


def test_the_differences_of_a_refused_table_are_those_of_its_header_and_rows():
    """The remedy does not depend on the first line, which names no columns."""
    commas = [line.replace(",", ".").replace(";", ",") for line in _table()]
    assert {each.member: each.value for each in _refused(_joined(commas)).differences} == {
        "delimiter": ",",
        "decimal": ".",
    }
    renamed = _table()
    renamed[1] = renamed[1].replace("due_date", "Fällig")
    [other] = [each for each in _refused(_joined(renamed)).differences if each.member == "header"]
    assert other.value == {"column 5": "one of due_date"}
    assert list(_refused(_joined(_table(last="T;4;;4,50"))).differences) == []


SETTING: Final = {"control": ENDS}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("change", "member"),
    [
        ({"count": "last 1"}, "control.count"),
        ({"count": "last 2-9"}, "control.count"),
        ({"count": "2"}, "control.count"),
        ({"first": None, "count": "first 2"}, "control.count"),
        ({"sum": "last 2"}, "control.sum"),
        ({"sum": "last x"}, "control.sum"),
        ({"last": None}, "control.count"),
        ({"of": None}, "control"),
        ({"of": "unknown"}, "control"),
        ({"sum": None}, "control"),
        ({"last": ";T"}, "control.last"),
        ({"first": 'H"'}, "control.first"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_member(kind: str, change: dict[str, str | None], member: str):
    assert file_format({"kind": kind, **SETTING}, FORM.columns).control == ENDS
    control = {name: text for name, text in {**ENDS, **change}.items() if text is not None}
    own = {"kind": kind, "control": control, **({"delimiter": ";"} if kind == "csv" else {})}
    if kind == "xlsx" and member in ("control.first", "control.last"):
        assert file_format(own, FORM.columns).control == control
        return
    with pytest.raises(BadMember) as refused:
        file_format(own, FORM.columns)
    assert refused.value.member == member
    assert ": " in str(refused.value)


def test_objects_have_no_first_and_no_last_line():
    with pytest.raises(BadMember) as refused:
        file_format({"kind": "json-lines", **SETTING}, FORM.columns)
    assert refused.value.member == "control"


def test_a_count_in_the_first_line_and_a_sum_in_the_last_are_written():
    both = replace(TABLE, control=ENDS | {"count": "first 3"})
    lines = SAMPLES.file([SAMPLES.values(n, amount=f"{n}.50") for n in range(3)], format_=both).decode().splitlines()
    assert (lines[0], lines[-1]) == ("H;;3", "T;;;4,50")
    assert _read(_joined(lines), both) == PLAIN
    assert _refused(_joined(["H;;4", *lines[1:]]), both).fault is ListFault.CONTROL


@pytest.mark.parametrize("format_", [TABLE, WORKBOOK, replace(TABLE, decimal=".")])
def test_an_empty_cell_adds_nothing_to_a_sum(format_: FileFormat):
    """A column with a default may be empty; of a required column, the row is rejected."""
    rows = [SAMPLES.values(n, amount=amount) for n, amount in enumerate(("1.50", "", "3.00"))]
    data = SAMPLES.file(rows, format_=format_)
    good, rejected = _read(data, format_)
    assert (len(good), rejected) == (2, [(4, "value")])
    assert format_.kind != "csv" or data.decode().splitlines()[-1].endswith(format_.decimal.join((";4", "50")))
