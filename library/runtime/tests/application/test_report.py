"""The report's text, whichever version began it."""

import csv
from io import StringIO

from bounded_context.application import results
from bounded_context.application.results import REPORTED_REJECTIONS, Report
from bounded_context.domain.faults import Fault, ListFault
from bounded_context.domain.rows import Rejection


def _lines(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text.decode(), newline="")))


def test_each_line_has_the_code_of_the_refusal_or_the_fault() -> None:
    """Each also has a remedy, except the count of further rejections."""
    rejections = Report()
    rejections.add([Rejection(2, "payer", "no", Fault.VALUE), Rejection(3, "", "too large", Fault.RULE, "too-large")])
    lines = _lines(
        results.with_reason(rejections.rows + results.whole_list("and 3 more"), "too many", ListFault.TOLERANCE)
    )
    assert [line["code"] for line in lines] == ["value", "too-large", "", ListFault.TOLERANCE]
    assert [bool(line["remedy"]) for line in lines] == [True, True, False, True]


def test_lines_of_a_version_that_wrote_no_code_have_as_many_cells() -> None:
    """Also a reason of two lines, and the count of further ones."""
    before = '2,payer,"no, ""really""\r\nnot"\r\n,,and 3 more,\r\n'
    rejections = Report(before)
    rejections.add([Rejection(9, "", "too large", Fault.RULE, "too-large")])
    lines = list(csv.reader(StringIO(results.document(rejections.rows).decode(), newline="")))
    assert {len(cells) for cells in lines} == {5}
    assert [cells[2] for cells in lines[1:]] == ['no, "really"\r\nnot', "and 3 more", "too large"]


def test_rows_of_an_earlier_report_are_copied_unchanged() -> None:
    rejections = Report()
    rejections.add([Rejection(3, "", "too large", Fault.RULE, "too-large")])
    assert Report(rejections.rows).rows == rejections.rows


def test_only_the_first_rejections_are_lines_and_all_are_counted() -> None:
    """A row may have several rejections: the limit is on lines."""
    rejections = Report()
    rejections.add(Rejection(2, f"field_{number}", "no", Fault.VALUE) for number in range(REPORTED_REJECTIONS + 3))
    lines = _lines(results.document(rejections.rows))
    assert (len(lines), lines[-1]["reason"]) == (REPORTED_REJECTIONS + 1, "and 3 more")
