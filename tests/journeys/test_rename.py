"""The journey of a rename in a running context: change request 10 of the insurance context."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .journey import Journey

ANSWERS = {"context_name": "Claim", "fields": "policy_id:str amount:decimal currency:currency"}


@pytest.mark.e2e
@pytest.mark.nightly
def test_a_renamed_field_has_both_names_in_the_transition(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Commands, lists, items, events and answers, with a check that is green and names the end of the transition."""
    journey = Journey.of(tmp_path, ANSWERS)
    journey.replace(
        "src/claim/model.py", "    amount: Amount\n", '    claimed_amount: Annotated[Amount, Renamed("amount")]\n'
    )
    journey.replace("src/claim/model.py", "Identifier, ", "Identifier, Renamed, ")
    journey.replace(
        "src/claim/model.py", "from enum import StrEnum\n", "from enum import StrEnum\nfrom typing import Annotated\n"
    )
    journey.context("contracts", "openapi")
    journey.done(
        "a rename",
        '''
def _both(values: dict, amount: str) -> bool:
    return values["amount"] == values["claimed_amount"] == amount


def test_both_names_are_accepted_and_published(running: Running) -> None:
    """And items keep the earlier name."""
    for name in ("amount", "claimed_amount"):
        [claim] = running.rows(1)
        amount = claim.pop("claimed_amount")
        answer = running.invoke("register_claim", {**claim, name: amount})["claim"]
        assert _both(answer, amount)
        assert _both(running.invoke("get_claim", {"claim_id": claim["claim_id"]})["claim"], amount)
        item = running.item(claim["claim_id"]) or {}
        assert (item["amount"], "claimed_amount" in item) == (amount, False)
        for received in running.events(claim["claim_id"]).values():
            assert _both(received[-1]["data"], amount)


def test_lists_have_either_column(running: Running) -> None:
    """A header has one of both names."""
    for name in ("amount", "claimed_amount"):
        rows = running.rows(2)
        amounts = [row.pop("claimed_amount") for row in rows]
        result = running.upload([{**row, name: amount} for row, amount in zip(rows, amounts, strict=True)])
        assert (result.outcome, result.imported) == ("IMPORTED", 2)
    page = Path("docs/lists.md").read_text(encoding="utf-8")
    assert "earlier name amount" in page
''',
    )
    with capsys.disabled():
        sys.stdout.writelines(f"\n{title}: {effort}" for title, effort in journey.written.items())
    assert journey.written["a rename"].lines <= 4
