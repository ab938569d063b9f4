"""Each night, approved claims are closed after 30 days: a deadline in the insurance context."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .journey import Journey
from .test_claim import ANSWERS

MOST_LINES = 50


def approved_claims_are_closed_after_30_days(journey: Journey) -> None:
    """The first half of request 9: a rule, and its declaration. The page `report` has the second half."""
    journey.add(
        "src/claim/deadlines.py",
        '''"""The rules of deadlines: the commands of claims that stay in a status."""

from .commands import CloseClaim
from .model import Claim


def close_approved(claim: Claim) -> CloseClaim:
    """Close a claim that was approved a while ago."""
    return CloseClaim(claim_id=claim.id)
''',
    )
    journey.replace(
        "src/claim/context.py",
        '    queried_by=("list",),\n',
        '    queried_by=("list",),\n'
        "    deadlines=(Deadline(Status.APPROVED, after=timedelta(days=30), command=close_approved),),\n",
    )
    journey.replace(
        "src/claim/context.py",
        "from bounded_context import Command, Context\n",
        "from datetime import timedelta\n\nfrom bounded_context import Command, Context, Deadline\n",
    )
    journey.add("src/claim/context.py", "from .deadlines import close_approved\n", after="from .model import")
    journey.context("contracts", "openapi", "fix")
    journey.done(
        "Approved claims are closed after 30 days",
        '''
from datetime import UTC, datetime


def test_an_approved_claim_is_closed_after_30_days_and_once(running: Running) -> None:
    """The function gets a time in the future. Others stay, and a second run has no effect."""
    approved, assessed = running.rows(2)
    for row in (approved, assessed):
        assert running.invoke("register_claim", row)["ok"]
        assert running.invoke("assess_claim", {"claim_id": row["claim_id"]})["ok"]
    assert running.invoke("approve_claim", {"claim_id": approved["claim_id"], "approved_amount": "1.00"})["ok"]

    def meet(days: int) -> int:
        time = datetime.now(UTC) + timedelta(days=days)
        return running.deployed.invoke("meet_deadlines", {"time": time.isoformat()})["met"]

    assert [meet(29), meet(31), meet(31)] == [0, 1, 0]
    assert (running.item(approved["claim_id"]) or {})["status"] == "CLOSED"
    assert (running.item(assessed["claim_id"]) or {})["status"] == "ASSESSED"
    for received in running.events(approved["claim_id"], 4).values():
        assert received[-1]["type"] == "ClaimClosed"
''',
    )


@pytest.mark.e2e
@pytest.mark.nightly
def test_a_deadline_takes_less_code_than_a_plain_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After the request, the check is green, and the running context behaves as requested."""
    closing = {"commands": f"{ANSWERS['commands']} CloseClaim:changes:ClaimClosed:APPROVED"}
    journey = Journey.of(tmp_path, {**ANSWERS, **closing})
    approved_claims_are_closed_after_30_days(journey)
    with capsys.disabled():
        sys.stdout.writelines(f"\n{title}: {effort}" for title, effort in journey.written.items())
    assert [effort for effort in journey.written.values() if effort.lines > MOST_LINES] == []
