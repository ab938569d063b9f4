"""The page about a list: its numbers, and escaping of the file's content."""

import html
import re
from dataclasses import replace

import pytest

from bounded_context.domain.lists import Failure
from bounded_context_local.list_views.page import list_page

from .a_list import ARRIVED, FACTS, HISTORY, RESULT, event, state


def _rows(page: str, section: str) -> list[list[str]]:
    """The cells of a section's tables, as text and without their bars."""
    [part] = re.findall(rf"<h2>{section}</h2>(.*?)(?:<h2>|</main>)", page, re.DOTALL)
    lines = re.findall(r"<tr><th scope=\"row\".*?</tr>", part)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line) for line in lines]
    return [[html.unescape(re.sub("<[^>]+>", "", cell)) for cell in row if 'class="rail"' not in cell] for row in cells]


@pytest.fixture(scope="module")
def page() -> str:
    """The page of a list that was imported, with some bad rows."""
    return list_page(FACTS, RESULT)


def test_the_head_shows_the_outcome_of_the_list(page: str) -> None:
    for fact in ("IMPORTED", "january &lt;1&gt;.csv", "12,345 bytes, over SFTP", "acme", "2026-01-31 12:00:00 UTC"):
        assert fact in page
    assert "<dd>0123456789abcdef0123456789abcdef</dd>" in page


def test_a_failed_list_shows_its_cause(page: str) -> None:
    """Escaped; a list that did not fail has no such section."""
    failed = replace(RESULT, failure=Failure("import_list", 3, "KeyError", "'<x>'", "src/a/b.py:7 in rule"))
    for fact in ("<dd>3</dd>", "KeyError", "&lt;x&gt;", "src/a/b.py:7 in rule"):
        assert fact in list_page(FACTS, failed)
        assert fact not in page


def test_rows_are_counted(page: str) -> None:
    assert _rows(page, "Rows") == [["uploaded", "10"], ["valid", "7"], ["rejected", "3"], ["imported", "7"]]


def test_rejections_are_counted_by_fault_and_by_reason(page: str) -> None:
    """The most frequent reason comes first, with its lines."""
    assert _rows(page, "Rejected rows[^<]*") == [
        ["value", "2"],
        ["cells", "1"],
        ["amount", "'x': no amount", "2", "3, 7"],
        ["the row", "the row has 3 cells", "1", "9"],
        ["the list", "too many <b>", "1", ""],
    ]


def test_each_part_has_its_rows_and_its_time(page: str) -> None:
    assert _rows(page, "Parts") == [["0", "5", "imported", "1", "1.50"], ["1", "2", "undone", "1", "0.50"]]


def test_each_step_has_its_time_and_so_has_each_stage_of_the_run(page: str) -> None:
    """Routing states are omitted."""
    assert _rows(page, "Steps") == [
        ["ValidateList", "state of the workflow", "0.20", "1.50"],
        ["ImportList", "state of the workflow", "2.00", "2.50"],
        ["bi", "2 events received", "3.00", "1.00"],
        ["deploy", "2.50"],
        ["import", "5.00"],
    ]
    assert _rows(page, "Functions") == [["import_list", "2", "0", "1,500", "2,000"]]


def test_steps_are_in_the_order_of_their_start() -> None:
    """A subscriber may receive the first event before the workflow has entered a later state."""
    early = [replace(reception, time=ARRIVED.timestamp() + 1) for reception in FACTS.receptions["bi"]]
    steps = _rows(list_page(replace(FACTS, receptions={"bi": early}), RESULT), "Steps")[:3]
    assert [step[0] for step in steps] == ["ValidateList", "bi", "ImportList"]


def test_events_are_counted_by_subscriber_and_type(page: str) -> None:
    assert _rows(page, "Events") == [["bi", "PaymentListImported", "1"], ["bi", "PaymentRegistered", "7"]]


def test_a_failed_step_has_its_error_and_an_unfinished_step_ends_with_the_execution() -> None:
    failed = event("TaskFailed", 1, taskFailedEventDetails={"error": "Timeout", "cause": "too slow"})
    history = [*state("Task", "ValidateList", 0, 2, failed), *HISTORY[5:6], event("ExecutionTimedOut", 9)]
    facts = replace(FACTS, history=history)
    first, second = facts.steps
    assert (first.name, first.error) == ("ValidateList", "Timeout: too slow")
    assert (second.name, second.ended - ARRIVED.timestamp(), second.error) == ("ImportList", 9, "")
    assert '<span class="bad">Timeout: too slow</span>' in list_page(facts, RESULT)


def test_a_list_that_was_not_recorded_has_a_page() -> None:
    result = replace(RESULT, outcome="FAILED", cause="ListFailed", events={}, stages={})
    empty = replace(FACTS, list_id="", record={}, report="", manifest=[], history=[], calls=[], receptions={"bi": []})
    page = list_page(empty, result)
    assert "<dd>not recorded</dd>" in page
    assert "<dd>ListFailed</dd>" in page
    assert not any(_rows(page, section) for section in ("Parts", "Steps", "Functions", "Events"))


def test_a_very_long_list_has_a_short_page() -> None:
    """The page counts the parts and the reasons that it omits."""
    manifest = [{"part": number, "rows": 250} for number in range(4000)]
    rows = [f"{number + line},amount,'{number}': no amount" for number in range(4000) for line in range(9)]
    page = list_page(replace(FACTS, manifest=manifest, report="\n".join(["line,field,reason", *rows])), RESULT)
    assert len(page.encode()) < 1_000_000
    assert "And 3,500 more parts." in page
    assert "And 3,500 more reasons." in page
    assert "0, 1, 2, 3, 4, 5, 6, 7, ..." in page
