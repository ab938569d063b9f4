"""The page of one list: each number that it promises, and nothing of a file as markup."""

import html
import re
from dataclasses import replace

import pytest

from bounded_context.tools.local.list_page.data import Part, Rejected
from bounded_context.tools.local.list_page.page import list_page
from bounded_context.tools.local.list_page.steps import steps

from .things import ARRIVED, HISTORY, RESULT, TOLD, event, state


def _rows(page: str, section: str) -> list[list[str]]:
    """The cells of a section's tables, as text and without their bars."""
    [part] = re.findall(rf"<h2>{section}</h2>(.*?)(?:<h2>|</main>)", page, re.DOTALL)
    lines = re.findall(r"<tr><th scope=\"row\".*?</tr>", part)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line) for line in lines]
    return [[html.unescape(re.sub("<[^>]+>", "", cell)) for cell in row if 'class="rail"' not in cell] for row in cells]


@pytest.fixture(scope="module")
def page() -> str:
    """The page of a list that was imported, with some bad rows."""
    return list_page(TOLD)


def test_the_head_says_what_became_of_the_list(page: str) -> None:
    for said in ("IMPORTED", "january &lt;1&gt;.csv", "12,345 bytes, over SFTP", "acme", "2026-01-31 12:00:00 UTC"):
        assert said in page
    assert "<dd>0123456789abcdef0123456789abcdef</dd>" in page


def test_rows_are_counted(page: str) -> None:
    assert _rows(page, "Rows") == [["uploaded", "10"], ["valid", "7"], ["rejected", "3"], ["imported", "7"]]


def test_rejects_are_counted_by_fault_and_by_what_the_partner_reads(page: str) -> None:
    """What is said most often comes first, with its lines."""
    assert _rows(page, "Rejected rows, by reason") == [
        ["value", "2"],
        ["cells", "1"],
        ["amount", "'x': no amount", "2", "3, 7"],
        ["the row", "the row has 3 cells", "1", "9"],
        ["the list", "too many <b>", "1", ""],
    ]


def test_each_part_has_its_rows_and_its_time(page: str) -> None:
    assert _rows(page, "Parts") == [["0", "5", "imported", "1", "1.50"], ["1", "2", "imported", "1", "1.50"]]


def test_each_step_has_its_time_and_so_has_each_stage_of_the_run(page: str) -> None:
    """Steps that only choose take none, and are not among them."""
    assert _rows(page, "Steps") == [
        ["ValidateList", "state", "0.20", "1.50"],
        ["ImportList", "state", "2.00", "2.50"],
        ["deploy", "2.50"],
        ["import", "5.00"],
    ]
    assert _rows(page, "Functions") == [["import_list", "2", "0", "1,500", "2,000"]]


def test_events_are_counted_by_subscriber_and_type(page: str) -> None:
    assert _rows(page, "Events") == [["bi", "PaymentListImported", "1"], ["bi", "PaymentRegistered", "7"]]


def test_a_step_that_failed_says_why_and_one_that_was_not_left_ends_with_the_execution() -> None:
    failed = event("TaskFailed", 1, taskFailedEventDetails={"error": "Timeout", "cause": "too slow"})
    first, second = steps(
        [*state("Task", "ValidateList", 0, 2, failed), *HISTORY[5:6], event("ExecutionTimedOut", 9)],
    )
    assert (first.name, first.error) == ("ValidateList", "Timeout: too slow")
    assert (second.name, second.ended - ARRIVED.timestamp(), second.error) == ("ImportList", 9, "")
    assert '<span class="bad">Timeout: too slow</span>' in list_page(replace(TOLD, steps=[first, second]))


def test_a_list_that_was_not_recorded_has_a_page() -> None:
    """It says what there is not."""
    result = replace(RESULT, outcome="FAILED", cause="FAILED ListFailed: nobody knows", events={}, stages={})
    nothing = replace(TOLD, result=result, list_id="", record={}, faults={}, rejected=[], parts=[], steps=[], calls=[])
    shown = list_page(nothing)
    for said in (
        "not recorded",
        "nobody knows",
        "ended without a reason",
        "was divided into parts",
        "has no subscribers",
    ):
        assert said in shown


def test_a_very_long_list_has_a_page_that_can_be_read() -> None:
    """What is left out is counted."""
    many = [Part(number, 250, "imported", []) for number in range(4000)]
    reasons = [Rejected("amount", f"'{number}': no amount", list(range(number, number + 9))) for number in range(4000)]
    shown = list_page(replace(TOLD, parts=many, rejected=reasons))
    assert len(shown.encode()) < 1_000_000
    assert "And 3,500 more parts." in shown
    assert "And 3,500 more reasons." in shown
    assert "0, 1, 2, 3, 4, 5, 6, 7, ..." in shown
