"""Names of the library's runtime that are new in 0.4.0, in a team's own code."""

from __future__ import annotations

from pathlib import Path

import pytest

from .repository import applied

EVENTS = """from bounded_context import Amount, Beside, Currency, expected

OLD = Beside(data=LoanData1, versions={"LoanOpened": "1.0"}, made=as_1)  # as it was
"""
RENAMED = """from bounded_context import Amount, Currency, PreviousVersion, expected

OLD = PreviousVersion(data=LoanData1, versions={"LoanOpened": "1.0"}, convert=as_1)  # as it was
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (EVENTS, RENAMED),
        (
            "from bounded_context import Context\nX = Context(beside=OLD)\n",
            "from bounded_context import Context\nX = Context(previous_version=OLD)\n",
        ),
        (
            "from loan.context import LOAN\nX = LOAN.reached[LOAN.first], LOAN.deleted, LOAN.told\n",
            "from loan.context import LOAN\n"
            "X = LOAN.event_by_status[LOAN.initial_status], LOAN.deletion_event, LOAN.event_versions\n",
        ),
        ("# a context\nX = LOAN.first, loan.reached, made(beside=1)\n",) * 2,
        (
            "from bounded_context import Beside as Old\nX = Old(made=1)\n",
            "from bounded_context import PreviousVersion as Old\nX = Old(convert=1)\n",
        ),
    ],
)
def test_names_change_where_they_are_of_the_library(tmp_path: Path, before: str, after: str) -> None:
    """Names of the same spelling of the team's own stay."""
    files, _ = applied("public_names", tmp_path, {"src/loan/x.py": before})
    assert files["src/loan/x.py"] == after
