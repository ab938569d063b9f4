"""Files with columns of fixed width: rows, rejections, and the file's own count and sum."""

from dataclasses import replace
from io import BytesIO
from typing import Any, Final

import pytest
from payment.context import PAYMENT

from bounded_context.application.checking import ListFile
from bounded_context.application.list_import import Outcome
from bounded_context.domain.faults import ListFault
from bounded_context.domain.formats import MOST_BYTES, FileFormat, Formats
from bounded_context.domain.lists import ListStatus
from bounded_context.domain.rows import Unreadable
from bounded_context.testing import InMemorySeenIds, Samples
from bounded_context_infra.configuration.formats import file_format
from bounded_context_infra.configuration.schema import BadMember
from tests.application.world import World

FORM, SAMPLES = PAYMENT.rows, Samples(PAYMENT)
FIXED: Final = FileFormat(
    kind="fixed",
    decimal="implied",
    date="YYYYMMDD",
    record="D",
    columns={
        "payment_id": "2-13",
        "subscription_id": "14-25",
        "amount": "26-37",
        "currency": "38-40",
        "due_date": "41-48",
        "payer": "50-69",
    },
    control={"first": "H", "last": "T", "count": "last 2-9", "sum": "last 10-24", "of": "amount"},
)
PLAIN_FIXED: Final = replace(
    FIXED,
    decimal=".",
    date="YYYY-MM-DD",
    record="",
    control={},
    columns={**FIXED.columns, "due_date": "41-50", "payer": "51-70"},
)


def _file(format_: FileFormat = FIXED, count: int = 3, **changes: str) -> bytes:
    return SAMPLES.file([SAMPLES.values(n, **{"payer": "Jürgen", **changes}) for n in range(count)], format_=format_)


def _read(data: bytes, format_: FileFormat = FIXED) -> tuple[list[Any], list[Any]]:
    checked = list(ListFile(BytesIO(data), FORM, InMemorySeenIds(), format_, MOST_BYTES).checked())
    return (
        [row.details for part in checked for row in part.rows],
        [(each.line, each.field, each.code, each.reason) for part in checked for each in part.rejections],
    )


def _refused(data: bytes, format_: FileFormat = FIXED) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        _read(data, format_)
    return refused.value


def test_a_file_has_the_rows_of_the_plain_file():
    plain = _read(SAMPLES.file([SAMPLES.values(n, payer="Jürgen") for n in range(3)]), FileFormat())
    for format_ in (
        FIXED,
        PLAIN_FIXED,
        replace(FIXED, encoding="windows-1252", compression="gzip"),
        replace(PLAIN_FIXED, decimal=",", encoding="utf-16"),
    ):
        assert _read(_file(format_), format_) == plain
    assert len(plain[0]) == 3


def test_zeros_may_fill_a_number():
    data = _file(control := replace(FIXED, control={}), 1)
    assert b"050         EUR" in data
    good, _ = _read(data.replace(b"050         EUR", b"000000000050EUR"), control)
    assert good == _read(data, control)[0]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda line: line[:-30], "the line has 39 characters, and a row has 69"),
        (lambda line: line + "x", "the line has 70 characters, and a row has 69"),
        (lambda line: "X" + line[1:], "the line begins with 'X', and a row with 'D'"),
    ],
)
def test_a_line_of_another_form_is_a_rejected_row_and_never_left_out(wrong: Any, reason: str):
    lines = _file().decode().splitlines()
    for place in (1, 2, 3):
        data = "\n".join([*lines[:place], wrong(lines[place]), *lines[place + 1 :]]).encode()
        format_ = replace(FIXED, control={"first": "H", "last": "T", "count": "last 2-9"})
        good, rejected = _read(data, format_)
        assert len(good) == 2
        assert rejected == [(place + 1, "", "cells", reason)]


@pytest.mark.parametrize(
    ("place", "old", "new", "reason"),
    [
        (-1, "T3", "T4", "the file states 4 rows at characters 2-9 of the last line, and its rows have 3"),
        (
            -1,
            "450",
            "351",
            "the file states 3.51 as sum of amount at characters 10-24 of the last line, and its rows have 4.50",
        ),
        (-1, "T3", "Tx", "the file has no plain number as count of its rows at characters 2-9 of the last line"),
        (-1, "T3", "T ", "the file has no plain number as count of its rows at characters 2-9 of the last line"),
        (-1, "T3", "X3", "the last line does not begin with 'T'"),
        (0, "H", "X", "the first line does not begin with 'H'"),
        (2, "150 ", "1x0 ", "the sum of amount cannot be checked: the row has no number"),
    ],
)
def test_a_file_whose_own_count_or_sum_is_wrong_is_refused(place: int, old: str, new: str, reason: str):
    """A missing row, a doubled row and a lost trailer too."""
    lines = _file().decode().splitlines()
    assert old in lines[place]
    lines[place] = lines[place].replace(old, new)
    refusal = _refused("\n".join(lines).encode())
    assert (refusal.reason, refusal.fault) == (reason, ListFault.CONTROL)


def test_a_short_line_makes_the_sum_wrong_by_its_width():
    lines = _file().decode().splitlines()
    refusal = _refused("\n".join([*lines[:2], lines[2].rstrip()[:20], *lines[3:]]).encode())
    assert refusal.reason.startswith("the sum of amount cannot be checked: the line has 20 characters, and a row has ")
    assert (refusal.fault, refusal.line) == (ListFault.CONTROL, 3)


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_the_trailer_may_end_after_its_sum(end: str):
    assert len(_read(_file().rstrip() + end.encode())[0]) == 3


def test_a_file_that_breaks_off_is_refused():
    lines = _file().splitlines(keepends=True)
    for end in range(len(lines)):
        assert _refused(b"".join(lines[:end])).fault in (ListFault.CONTROL, ListFault.EMPTY)
    assert _refused(lines[0] + b"T0       0\n").reason == "the file has no rows"


def test_a_wrong_file_shows_no_other_format_and_a_plain_file_its_own():
    """The remedy says how to save the file."""
    assert list(_refused(_file().replace(b"T3", b"T4")).differences) == []
    differences = _refused(SAMPLES.file([SAMPLES.values(n) for n in range(3)])).differences
    kinds = [each.remedy(FIXED) for each in differences if each.member == "kind"]
    assert kinds == ["The file has a table (CSV): save it as text with columns of fixed width"]


def test_a_refused_list_has_its_code_and_remedy_and_no_row():
    world = World(PAYMENT)
    world.formats = Formats({"acme": FIXED}, MOST_BYTES)
    list_id = world.register(_file().replace(b"T3", b"T4")).list_id
    assert world.validate(list_id).outcome is Outcome.REJECTED
    assert world.compensate(list_id) is ListStatus.REJECTED
    [line] = world.report()
    assert (line["line"], line["code"]) == ("", "list-control")
    assert line["remedy"].startswith("Look for missing or doubled rows")
    assert not world.aggregates.stored


def test_a_list_is_imported():
    world = World(PAYMENT)
    world.formats = Formats({"acme": FIXED}, MOST_BYTES)
    list_id = world.ready_to_import_file(_file())
    world.import_parts(list_id)
    assert len(world.aggregates.stored) == 3
    assert not FIXED.has_ranges


def test_the_place_of_a_field_that_only_exports_have_is_ignored():
    """Lists may end before it."""
    control = {**FIXED.control, "count": "last 2-9"}
    both = replace(FIXED, columns={**FIXED.columns, "status": "71-80"}, control=control)
    assert _read(_file(), both) == _read(_file())
    assert _read(_file(both), both) == _read(_file())


SETTING: Final = FIXED.settings


def test_the_setting_is_a_format():
    assert file_format(SETTING, FORM.columns) == FIXED


@pytest.mark.parametrize(
    ("change", "member"),
    [
        ({"columns": None}, "columns"),
        ({"columns": {}}, "columns"),
        ({"columns": {"colour": "1-2"}}, "columns"),
        ({"columns": {"payment_id": 5}}, "columns.payment_id"),
        ({"columns": {"payment_id": "0-5"}}, "columns.payment_id"),
        ({"columns": {"payment_id": "9-5"}}, "columns.payment_id"),
        ({"columns": {"payment_id": "5"}}, "columns.payment_id"),
        ({"columns": {"payment_id": "1-5", "amount": "5-9"}}, "columns.amount"),
        ({"record": ""}, "record"),
        ({"record": 1}, "record"),
        ({"control": []}, "control"),
        ({"control": {"total": "1-2"}}, "control"),
        ({"control": {"count": "1-2"}}, "control.count"),
        ({"control": {"count": "last 1-2"}}, "control.count"),
        ({"control": {"last": "T", "count": "last 2"}}, "control.count"),
        ({"control": {"last": "T", "sum": "last 2-9"}}, "control"),
        ({"control": {"last": "T", "sum": "last 2-9", "of": "colour"}}, "control"),
        ({"control": {"last": "T", "count": "last 2-9", "sum": "last 9-12", "of": "amount"}}, "control.sum"),
        ({"delimiter": ";"}, "delimiter"),
        ({"header": {"a": "amount"}}, "header"),
        ({"kind": "csv"}, "columns"),
        ({"kind": "csv", "columns": {}, "record": "D"}, "columns"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused_with_its_member(change: dict[str, Any], member: str):
    values = {name: value for name, value in {**SETTING, **change}.items() if value is not None}
    with pytest.raises(BadMember) as refused:
        file_format(values, FORM.columns)
    assert refused.value.member == member
    assert ": " in str(refused.value)


def test_implied_decimals_are_only_for_fixed_width():
    with pytest.raises(BadMember, match="only for kind: fixed"):
        file_format({"decimal": "implied"}, FORM.columns)
