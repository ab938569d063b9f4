"""Which records become rows, and what a rejection says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payment.context import PAYMENT
from pydantic import model_validator

from bounded_context import Details, Identifier, Text
from bounded_context.domain.faults import Fault
from bounded_context.domain.rows import Record, Rejection, Rows, Unreadable, rejected_rows
from bounded_context.testing import Samples

ID, COLUMNS = PAYMENT.identity, PAYMENT.rows.columns
check, check_header = PAYMENT.rows.check, PAYMENT.rows.check_header
samples = Samples(PAYMENT)


def _record(line: int, **changes: str) -> Record:
    return Record(line, list(samples.values(line, **changes).values()))


def test_a_bad_value_is_reported_with_line_field_and_expectation():
    """The partner reads where the problem is and what to write instead."""
    checked = check(COLUMNS, [_record(2), _record(3, **{ID: "not an id"})])

    assert [row.line for row in checked.rows] == [2]
    [rejection] = checked.rejections
    assert (rejection.line, rejection.field) == (3, ID)
    assert rejection.reason.startswith("'not an id': expected 1 to 64 letters")


def test_a_ragged_row_is_reported_as_a_whole():
    """Too few or too many cells never shift values into other columns."""
    short, long = _record(2).cells[:-1], [*_record(3).cells, "more"]
    checked = check(COLUMNS, [Record(2, short), Record(3, long), _record(4)])

    assert [row.line for row in checked.rows] == [4]
    assert [rejection.line for rejection in checked.rejections] == [2, 3]
    assert f"the header has {len(COLUMNS)}" in checked.rejections[0].reason


def test_a_row_counts_once_for_the_first_of_its_faults():
    """The report has them all; who counts rows wants rows."""
    rejections = [
        Rejection(2, "a", "", Fault.VALUE),
        Rejection(2, "b", "", Fault.EXISTS),
        Rejection(3, "", "", Fault.CELLS),
    ]
    assert rejected_rows(rejections) == {Fault.VALUE: 1, Fault.CELLS: 1}
    assert rejected_rows([]) == {}


def test_a_fault_distinguishes_cells_and_values():
    """A row with several bad values is one bad row."""
    bad = dict.fromkeys(COLUMNS, "")
    checked = check(COLUMNS, [_record(2, **bad), Record(3, ["one"])])
    assert len(checked.rejections) > 2
    assert rejected_rows(sorted(checked.rejections)) == {Fault.VALUE: 1, Fault.CELLS: 1}


def test_a_long_value_is_cut_in_the_report():
    """A report stays readable, whatever a cell holds."""
    checked = check(COLUMNS, [_record(2, **{ID: "x" * 5000})])
    assert len(checked.rejections[0].reason) < 200


@given(st.permutations(COLUMNS))
def test_columns_may_come_in_any_order(columns: list[str]):
    """A row is read by its header, not by position."""
    values = samples.values(7)
    checked = check(check_header(columns), [Record(2, [values[column] for column in columns])])
    assert checked.rows[0].details == samples.aggregate(7).details


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        (COLUMNS[1:], f"missing: '{COLUMNS[0]}'"),
        ((*COLUMNS, "colour"), f"unknown: column {len(COLUMNS) + 1}\\."),
        ((*COLUMNS, COLUMNS[0]), f"repeated: column 1, column {len(COLUMNS) + 1}\\."),
        ((";".join(COLUMNS),), "missing"),
    ],
)
def test_a_wrong_header_is_refused_with_its_differences(header: tuple[str, ...], complaint: str):
    """A file with other columns is no list of this context."""
    with pytest.raises(Unreadable, match=complaint):
        check_header(header)


@given(st.lists(st.booleans(), max_size=30))
def test_every_record_is_a_row_or_rejected(good: list[bool]):
    """Nothing is lost between the file and its two outcomes."""
    records = [_record(n + 2) if is_good else _record(n + 2, **{ID: "?"}) for n, is_good in enumerate(good)]
    checked = check(COLUMNS, records)
    lines = [row.line for row in checked.rows] + [rejection.line for rejection in checked.rejections]
    assert sorted(lines) == [record.line for record in records]


class Range(Details):
    """Has a rule of its own over two fields."""

    range_id: Identifier
    first: str
    last: str

    @model_validator(mode="after")
    def _ordered(self) -> "Range":
        if self.first > self.last:
            raise ValueError("first must not be after last")
        return self


def test_a_rule_over_several_fields_rejects_the_row_in_its_own_words():
    """No column is at fault alone."""
    checked = Rows(Range).check(("range_id", "first", "last"), [Record(2, ["r", "b", "a"]), Record(3, ["s", "a", "b"])])
    assert [row.line for row in checked.rows] == [3]
    assert checked.rejections == [Rejection(2, "", "first must not be after last", Fault.VALUE)]


class _Plain(Details):
    """Details of one required column and one with a default."""

    plain_id: Identifier
    note: Text = "none"


@pytest.mark.parametrize(("details", "line"), [(_Plain, "a\n"), (PAYMENT.details, "a,a,1,EUR,2026-01-31,a\n")])
def test_no_good_row_is_smaller_than_the_smallest(details: type[Details], line: str):
    """A file may leave out the columns with defaults, and an identity has a character at least."""
    rows = Rows(details)
    required = rows.columns_with(default=False)
    assert rows.check(required, [Record(2, line.strip().split(","))]).rejections == []
    assert len(required) + 1 == rows.smallest_row <= len(line)
