"""What a list is, and when it is refused."""

from dataclasses import replace
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded_context.domain.lists import (
    BROKEN,
    MOST_PARTS,
    NotAList,
    PinnedFile,
    over_tolerance,
    record_units,
    rows_a_part,
)

FILE = PinnedFile("inbox", "incoming/acme/2026/january.csv", "v1", 100)


def test_the_same_version_of_the_same_object_is_the_same_list():
    """A file announced twice is one list; a new version of it is another."""
    assert replace(FILE).list_id == FILE.list_id
    assert replace(FILE, version_id="v2").list_id != FILE.list_id


def test_a_report_lies_where_only_its_partner_reads():
    """Partner and folders stay as in the incoming key."""
    assert FILE.partner == "acme"
    assert FILE.report_key == "reports/acme/2026/january.csv.report.csv"


def test_the_version_of_a_broken_upload_marks_it():
    """Nothing of it was pinned."""
    assert not FILE.broke_off
    assert replace(FILE, version_id=f"{BROKEN}event-1").broke_off


@pytest.mark.parametrize("key", ["x.csv", "incoming/x.csv", "incoming//x.csv", "incoming/acme/", "reports/acme/x.csv"])
def test_an_object_in_another_folder_is_not_a_list(key: str):
    """Only files in a partner's folder are lists."""
    with pytest.raises(NotAList, match="lists are under"):
        _ = replace(FILE, key=key).partner


@pytest.mark.parametrize(
    ("rejected", "rows", "refused"),
    [(0, 10, False), (5, 100, False), (6, 100, True), (1, 19, True), (1, 20, False), (1, 1, True)],
)
def test_a_list_is_refused_over_the_tolerance_only(rejected: int, rows: int, refused: bool):
    """Exactly the tolerated share passes; more does not."""
    assert (over_tolerance(rejected, rows, Fraction("0.05")) is not None) is refused


def test_a_list_without_a_good_row_is_refused_with_any_tolerance():
    """There is nothing to import."""
    assert over_tolerance(3, 3, Fraction(1)) == "3 of 3 rows were rejected, and 100 % is tolerated"


@given(size=st.integers(1, 200 * 2**20), wanted=st.integers(1, 50_000), smallest_row=st.integers(2, 500))
def test_no_file_has_more_parts_than_its_record_holds(size: int, wanted: int, smallest_row: int):
    """Also one that consists of the smallest rows, the last of which has no line end."""
    rows = rows_a_part(wanted, size, smallest_row)
    assert ceil((size + 1) // smallest_row / rows) <= MOST_PARTS
    assert wanted <= rows <= 50_000


def test_a_part_of_a_file_of_the_usual_size_has_the_wanted_rows():
    """100 MB in rows of 7 bytes or more."""
    assert rows_a_part(5000, 100 * 2**20, 7) == 5000
    assert rows_a_part(250, 2**18, 7) == 250


@given(size=st.integers(1, 2 * 2**30), wanted=st.integers(1, 50_000), smallest_row=st.integers(2, 500))
def test_the_parts_of_a_file_write_no_more_than_the_key_of_its_record_accepts(
    size: int, wanted: int, smallest_row: int
):
    """While its rows are written, for at least a second: two writes of each part."""
    rows = (size + 1) / smallest_row
    parts = rows / rows_a_part(wanted, size, smallest_row)
    assert 2 * parts * record_units(parts) <= 1001 * max(1, rows / 32_000)
