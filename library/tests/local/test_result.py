"""Whether a run's numbers add up."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from bounded_context.tools.local.running.result import Result, Rows

LIST_IMPORTED, LIST_REJECTED = "ThingListImported", "ThingListRejected"

IMPORTED = Result(
    rows=Rows(uploaded=10, valid=9, rejected=1, imported=9),
    events={"one": Counter({"Created": 9, LIST_IMPORTED: 1}), "two": Counter({"Created": 9, LIST_IMPORTED: 1})},
    outcome="IMPORTED",
    own_event=LIST_IMPORTED,
    not_emulated=[],
    adapted=[],
    stages={"import": 1.2345},
)
REJECTED = replace(
    IMPORTED,
    rows=Rows(uploaded=10, valid=2, rejected=8, imported=0),
    events={"one": Counter({LIST_REJECTED: 1})},
    outcome="REJECTED",
    own_event=LIST_REJECTED,
)


@pytest.mark.parametrize("result", [IMPORTED, REJECTED])
def test_numbers_that_add_up(result: Result):
    """An imported and a rejected list are both good ends."""
    assert result.problems() == []


@pytest.mark.parametrize(
    ("result", "names"),
    [
        (replace(IMPORTED, rows=Rows(11, 9, 1, 9)), ["11", "9", "1"]),
        (replace(IMPORTED, rows=Rows(10, 9, 1, 8)), ["8", "9"]),
        (replace(REJECTED, rows=Rows(10, 2, 8, 2)), ["2", "0"]),
        (replace(IMPORTED, events={"one": Counter({"Created": 9})}), ["one", "0", LIST_IMPORTED, "1"]),
        (replace(IMPORTED, events={"one": Counter({"Created": 10, LIST_IMPORTED: 1})}), ["one", "11", "10"]),
        (replace(REJECTED, events={"one": Counter({LIST_REJECTED: 2})}), ["one", "2", LIST_REJECTED, "1"]),
        (replace(IMPORTED, outcome="FAILED", cause="no table"), ["FAILED", "table"]),
    ],
)
def test_numbers_that_do_not_add_up(result: Result, names: list[str]):
    """The problem has the found and the expected number, the subscriber and the event."""
    named = re.compile(rf"\b(?:\d+|one|FAILED|table\.|{LIST_IMPORTED}|{LIST_REJECTED})")
    assert names in [[name.rstrip(".") for name in named.findall(problem)] for problem in result.problems()]


def test_json_has_the_promised_form():
    """Programs read the rows, the events, the outcome, what is not emulated and the stages."""
    assert IMPORTED.as_json() == {
        "rows": {"uploaded": 10, "valid": 9, "rejected": 1, "imported": 9},
        "events": {"one": 10, "two": 10},
        "outcome": "IMPORTED",
        "not_emulated": [],
        "stages": {"import": 1.23},
    }
