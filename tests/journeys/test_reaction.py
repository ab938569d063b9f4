"""A reaction to another context's event, in the insurance context: 163 lines in the trial, from a plain repository."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .journey import Journey
from .test_claim import ANSWERS

MOST_LINES = 80

_CONSUMES = """
  claim:consumes:
    policy:
      topic: /policy/{stack}/topic-arn
      created_by: [PolicyRegistered, PolicyCancelled]
      deleted_by: [PolicyDeleted]
"""


def policy_cancelled_rejects_all_open_claims(journey: Journey) -> None:
    """Request 7: a rule, its declaration, and the setting of each stack."""
    journey.add(
        "src/claim/reactions.py",
        '''"""The reactions to the events of other contexts."""

from bounded_context import ReceivedEvent

from .commands import RejectClaim
from .model import Claim, Status


def reject_claims(_event: ReceivedEvent, claim: Claim) -> RejectClaim | None:
    """Reject the open claims of a cancelled policy."""
    is_open = claim.status in (Status.REGISTERED, Status.ASSESSED)
    return RejectClaim(claim_id=claim.id) if is_open else None
''',
    )
    journey.replace(
        "src/claim/context.py",
        '    queried_by=("list",),\n',
        '    queried_by=("list", "policy_id"),\n'
        '    reactions=(Reaction("policy", "PolicyCancelled", reject_claims, by="policy_id"),),\n',
    )
    journey.replace("src/claim/context.py", "import Command, Context\n", "import Command, Context, Reaction\n")
    journey.add("src/claim/context.py", "from .reactions import reject_claims\n", after="from .model import")
    local = "infra/service/Pulumi.local.yaml"
    journey.replace(local, "created_by: [PolicyRegistered]", "created_by: [PolicyRegistered, PolicyCancelled]")
    for stack in ("dev", "staging", "prod"):
        journey.add(f"infra/service/Pulumi.{stack}.yaml", _CONSUMES.format(stack=stack).lstrip("\n"))
    journey.context("contracts", "openapi", "fix")
    journey.done(
        "PolicyCancelled rejects all open claims",
        '''
def test_a_cancelled_policy_rejects_its_open_claims(running: Running) -> None:
    """Registered by commands and by a list; approved claims stay, and so do those of other policies."""
    rows = [row | {"policy_id": "P-cancelled"} for row in running.rows(5)]
    other = running.rows(1)[0] | {"policy_id": "P-valid"}
    for row in (*rows[:3], other):
        assert running.invoke("register_claim", row)["ok"]
    running.deployed.table.know_references(["P-cancelled"])
    assert running.upload(rows[3:]).outcome == "IMPORTED"
    approved, assessed = rows[0]["claim_id"], rows[1]["claim_id"]
    for claim in (approved, assessed):
        assert running.invoke("assess_claim", {"claim_id": claim})["ok"]
    assert running.invoke("approve_claim", {"claim_id": approved, "approved_amount": "1.00"})["ok"]
    event = running.publish("policy", "PolicyCancelled", "P-cancelled")
    for row, changes in zip(rows[1:], (3, 2, 2, 2), strict=True):
        for received in running.events(row["claim_id"], changes).values():
            assert (received[-1]["type"], received[-1]["hops"]) == ("ClaimRejected", 1)
    for neighbour in running.deployed.neighbours:
        neighbour.publish_event("PolicyCancelled", "P-cancelled", int(event["sequence"]), id=event["id"])
    assert [len(received) for received in running.events(rows[2]["claim_id"], 2).values()] == [2, 2]
    assert (running.item(approved) or {})["status"] == "APPROVED"
    assert (running.item(other["claim_id"]) or {})["status"] == "REGISTERED"
''',
    )


@pytest.mark.e2e
@pytest.mark.nightly
def test_a_reaction_takes_less_code_than_a_plain_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After the request, the check is green, and the running context behaves as requested."""
    journey = Journey.of(tmp_path, ANSWERS)
    policy_cancelled_rejects_all_open_claims(journey)
    with capsys.disabled():
        sys.stdout.writelines(f"\n{title}: {effort}" for title, effort in journey.written.items())
    assert [effort for effort in journey.written.values() if effort.lines > MOST_LINES] == []
