"""The later requests of the insurance context: other contexts, partners and times."""

from __future__ import annotations

from .journey import Journey

_CONSUMES = """  claim:consumes:
    policy:
      topic: /policy/{stack}/topic-arn
      created_by: [PolicyRegistered, PolicyCancelled]
      deleted_by: [PolicyDeleted]
"""
_STACKS = ("dev", "staging", "prod")
_CONTEXT, _MODEL, _RULES = "src/claim/context.py", "src/claim/model.py", "src/claim/use_cases.py"
_MAIN, _FUNCTIONS = "infra/service/__main__.py", "infra/service/functions.py"


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
    declared = 'Reaction("policy", "PolicyCancelled", reject_claims, by="policy_id")'
    journey.add(_CONTEXT, f"    reactions=({declared},),\n", after="queried_by=")
    journey.replace(_CONTEXT, "Children, Command, Context\n", "Children, Command, Context, Reaction\n")
    journey.add(_CONTEXT, "from .reactions import reject_claims\n", after="from .model import")
    local = "infra/service/Pulumi.local.yaml"
    journey.replace(local, "created_by: [PolicyRegistered]", "created_by: [PolicyRegistered, PolicyCancelled]")
    for stack in _STACKS:
        journey.add(f"infra/service/Pulumi.{stack}.yaml", _CONSUMES.format(stack=stack))
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
    assert running.invoke("add_note", {"claim_id": assessed, "text": "the policy ends"})["ok"]
    event = running.publish("policy", "PolicyCancelled", "P-cancelled")
    for row, changes in zip(rows[1:], (4, 2, 2, 2), strict=True):
        for received in running.events(row["claim_id"], changes).values():
            assert (received[-1]["type"], received[-1]["hops"]) == ("ClaimRejected", 1)
    for neighbour in running.deployed.neighbours:
        neighbour.publish_event("PolicyCancelled", "P-cancelled", int(event["sequence"]), id=event["id"])
    assert {len(received) for received in running.events(rows[2]["claim_id"], 2).values()} == {2}
    assert (running.item(approved) or {})["status"] == "APPROVED"
    assert (running.item(other["claim_id"]) or {})["status"] == "REGISTERED"
''',
    )


def a_german_partner(journey: Journey) -> None:
    """Request 8: with an own format, and an optional column, also in the local run."""
    journey.add("src/claim/model.py", "    police_report: Text | None = None\n", after="kind: Literal")
    journey.add(
        "infra/service/Pulumi.local.yaml",
        """    acme:
      public_keys: []
      format:
        delimiter: ";"
        encoding: windows-1252
        decimal: ","
        date: DD.MM.YYYY
        header: {Schadennummer: claim_id, Aktenzeichen: police_report}
""",
        after="claim:partners:",
    )
    journey.context("contracts", "openapi", "run --partner acme")
    journey.done(
        "a German partner",
        '''
def test_a_german_list_is_imported_with_and_without_the_optional_column(running: Running) -> None:
    """And the report quotes the cell as the partner wrote it."""
    rows = running.rows(3)
    assert running.upload([row | {"police_report": "Köln"} for row in rows], partner="acme").outcome == "IMPORTED"
    claim = running.invoke("get_claim", {"claim_id": rows[0]["claim_id"]})["claim"]
    assert (claim["police_report"], claim["amount"]) == ("Köln", rows[0]["amount"])
    rows = [{name: cell for name, cell in row.items() if name != "police_report"} for row in running.rows(2)]
    assert running.upload(rows, partner="acme").outcome == "IMPORTED"
    assert running.upload(running.rows(2)).outcome == "IMPORTED"
    report = running.upload([rows[0] | {"amount": "1.555"}], partner="acme").rejections()
    assert (report[0]["field"], "1,555" in report[0]["reason"]) == ("amount", True)
''',
    )


def a_nightly_close_and_a_report(journey: Journey) -> None:
    """Request 9: a deadline closes claims 30 days after their approval, and a file has the claims of each status."""
    journey.add(_MODEL, '    CLOSED = "CLOSED"\n', after='REJECTED = "REJECTED"')
    journey.add(
        "src/claim/commands.py",
        '''

class CloseClaim(Change):
    """Move the claim to CLOSED."""

    claim_id: Identifier
''',
    )
    journey.add(
        _RULES,
        '''

def close_claim(command: CloseClaim, claims: Aggregates[Claim]) -> Claim:
    """Move the claim to CLOSED."""
    changed = expected(command, claims).moved_to(Status.CLOSED)
    claims.save(changed)
    return changed
''',
    )
    journey.add(
        "src/claim/deadlines.py",
        '''"""The rules of deadlines."""

from .commands import CloseClaim
from .model import Claim


def close_approved(claim: Claim) -> CloseClaim:
    """Close a claim a while after its approval."""
    return CloseClaim(claim_id=claim.id)
''',
    )
    for file in (_CONTEXT, _RULES):
        journey.replace(file, "AssessClaim, DeleteClaim", "AssessClaim, CloseClaim, DeleteClaim")
    journey.replace(_CONTEXT, "assess_claim, delete_claim", "assess_claim, close_claim, delete_claim")
    journey.replace(_CONTEXT, "Command, Context, Reaction", "Command, Context, Deadline, Reaction")
    journey.replace(
        _CONTEXT, "from bounded_context import By", "from datetime import timedelta\n\nfrom bounded_context import By"
    )
    journey.add(
        _CONTEXT,
        '        Command.changes(CloseClaim, close_claim, Status.CLOSED, "ClaimClosed", after=(Status.APPROVED,)),\n',
        after="Command.adds(",
    )
    journey.add(_CONTEXT, "from .deadlines import close_approved\n", after="from .commands import")
    declared = "Deadline(Status.APPROVED, after=timedelta(days=30), command=close_approved)"
    journey.add(_CONTEXT, f"    deadlines=({declared},),\n", after="reactions=")
    journey.replace(_CONTEXT, 'queried_by=("list",', 'queried_by=("list", "status",')
    _report(journey)
    journey.context("fix", "contracts", "openapi")
    journey.done(
        "a nightly close and a report",
        '''
def test_a_claim_is_closed_30_days_after_its_approval(running: Running) -> None:
    """And is in the report of the day. A claim that was approved later stays."""
    [claim, assessed] = (row | {"policy_id": "P-closed"} for row in running.rows(2))
    identity = {"claim_id": claim["claim_id"]}
    for row in (claim, assessed):
        assert running.invoke("register_claim", row)["ok"]
        assert running.invoke("assess_claim", {"claim_id": row["claim_id"]})["ok"]
    assert running.invoke("approve_claim", identity | {"approved_amount": "1.00"})["ok"]
    assert running.invoke("add_note", identity | {"text": "approved"})["ok"]
    deployed = running.deployed
    due = (datetime.now(UTC) + timedelta(days=29)).isoformat()
    assert deployed.invoke("meet_deadlines", {"time": due})["met"] == 0
    due = (datetime.now(UTC) + timedelta(days=31)).isoformat()
    assert deployed.invoke("meet_deadlines", {"time": due})["met"] >= 1
    assert deployed.invoke("meet_deadlines", {"time": due})["met"] == 0
    assert (running.item(claim["claim_id"]) or {})["status"] == "CLOSED"
    assert (running.item(assessed["claim_id"]) or {})["status"] == "ASSESSED"
    for received in running.events(claim["claim_id"], 5).values():
        assert (received[-1]["type"], received[-1]["data"]["status"]) == ("ClaimClosed", "CLOSED")
    [listed] = running.invoke("list_claims", {"status": "CLOSED", "policy_id": "P-closed"})["items"]
    assert listed["approved_amount"] == "1.00"
    deployed.invoke("daily_report", {"time": "2026-11-28T06:00:00Z"})
''',
    )


def _report(journey: Journey) -> None:
    journey.add(
        "src/claim/daily_report.py",
        '''"""DailyReport: writes the number of claims in each status into a CSV file."""

import os
from typing import Any

import boto3
from bounded_context import aws
from bounded_context.handlers import TableSettings, function

from .context import CLAIM
from .model import Status


def number_of(status: Status) -> int:
    """Return the number of claims in a status."""
    shards, total = aws.shards(CLAIM), 0
    for number in range(shards.count):
        after: str | None = ""
        while after is not None:
            page = shards.in_status(status, number, after, 1000)
            total, after = total + len(page.aggregates), page.last
    return total


@function(CLAIM, "daily_report", TableSettings)
def lambda_handler(event: dict[str, Any], _context: object) -> None:
    """Write the report of the schedule's day. A repeated call writes the same file again."""
    lines = ["status,claims", *(f"{status},{number_of(status)}" for status in Status)]
    key, text = f"{event['time'][:10]}.csv", "\\n".join(lines)
    boto3.client("s3").put_object(Bucket=os.environ["REPORTS_BUCKET"], Key=key, Body=text.encode())
''',
    )
    journey.add(
        "infra/service/reports.py",
        '''"""Reports: the bucket of the daily reports."""

import pulumi
from bounded_context_infra import Component, Stack, allow, private_bucket


class Reports(Component):
    """The bucket of reports, which do not expire."""

    urn_type = "claim:infra:Reports"

    def __init__(self, name: str, stack: Stack) -> None:
        super().__init__(name, stack.labels)
        self.bucket = private_bucket(self, name, stack.key.arn, protect=stack.settings.protect, expiry=())
        self.writing = allow(["s3:PutObject"], pulumi.Output.concat(self.bucket.arn, "/*"))
''',
    )
    journey.replace(
        _MAIN,
        "functions = Functions(stack, FUNCTIONS, table=table, fanout=fanout, inbound=inbound, inbox=inbox, "
        "workflow=IMPORT)\n",
        'reports = Reports("reports", stack)\n'
        'variables = {"REPORTS_BUCKET": reports.bucket.id}\n'
        "functions = Functions(\n    stack, FUNCTIONS, table=table, fanout=fanout, inbound=inbound, inbox=inbox, "
        "workflow=IMPORT, values=variables\n)\n"
        'functions["daily_report"].permit("reports", reports.writing)\n',
    )
    journey.add(
        _MAIN,
        'Schedule("daily-report", stack, live["daily_report"], "cron(0 6 * * ? *)")\n',
        after='Schedule("watch-lists"',
    )
    journey.add(_MAIN, "from reports import Reports\n", after="from functions import")
    variables = 'variables=("TABLE_NAME", "REPORTS_BUCKET")'
    journey.add(
        _FUNCTIONS,
        f'    "daily_report": Preset(timeout=900, memory=512, {variables}, queries=True),\n',
        after="**standard_presets",
    )
