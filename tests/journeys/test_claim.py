"""The journey of an insurance context: the change requests of a trial, which took `TRIAL` lines each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .journey import Journey

TRIAL = {
    "fields and commands": 10,
    "a date rule and an amount rule": 127,
    "an approved amount": 84,
    "the claims of a policy": 106,
    "notes of a claim": 286,
}
"""Lines that a developer wrote by hand in the trial. Here it is at most half of them."""

ANSWERS = {
    "context_name": "Claim",
    "fields": "policy_id:str incident_date:date amount:decimal currency:currency claimant:str:personal "
    "phone:phone:personal kind:theft|fire|water",
    "commands": "RegisterClaim:creates:ClaimRegistered AssessClaim:changes:ClaimAssessed "
    "ApproveClaim(approved_amount:decimal):changes:ClaimApproved "
    "RejectClaim:changes:ClaimRejected:REGISTERED|ASSESSED DeleteClaim:deletes:ClaimDeleted",
    "verification": "VerifyPolicy",
}


def fields_and_commands(journey: Journey) -> None:
    """Request 1: the answers of the bake are all that is written."""
    journey.done(
        "fields and commands",
        '''
def test_a_claim_is_rejected_before_and_after_its_assessment(running: Running) -> None:
    """And not after its approval."""
    for number, way in enumerate((["reject_claim"], ["assess_claim", "reject_claim"])):
        [claim] = running.rows(1)
        assert running.invoke("register_claim", claim)["ok"]
        for command in way:
            assert running.invoke(command, {"claim_id": claim["claim_id"]})["ok"]
        assert (running.item(claim["claim_id"]) or {})["status"] == "REJECTED"
        for received in running.events(claim["claim_id"], 2 + number).values():
            assert received[-1]["type"] == "ClaimRejected"
''',
    )


def a_date_rule_and_an_amount_rule(journey: Journey) -> None:
    """Request 2: both for commands and rows, with their own codes on the partner's page."""
    journey.add(
        "src/claim/model.py",
        '''

class IncidentTooOld(BusinessError):
    """The incident is older than a year, or in the future."""

    code = "incident-too-old"
    status = 422
    title = "The incident is older than a year or in the future"


class ClaimTooLarge(BusinessError):
    """The claim is over the limit of the insurance."""

    code = "claim-too-large"
    status = 422
    title = "The amount is over 100,000"
''',
    )
    journey.replace("src/claim/model.py", "Amount, Currency", "Amount, BusinessError, Currency")
    journey.replace(
        "src/claim/use_cases.py",
        "    details = ClaimDetails.of(command)\n",
        "    if not timedelta() <= today() - command.incident_date <= timedelta(days=365):\n"
        '        raise IncidentTooOld("the incident is older than a year, or in the future")\n'
        "    if command.amount > 100_000:\n"
        '        raise ClaimTooLarge("at most 100,000 can be claimed")\n'
        "    details = ClaimDetails.of(command)\n",
    )
    journey.replace("src/claim/use_cases.py", "import Aggregates, expected", "import Aggregates, expected, today")
    journey.replace(
        "src/claim/use_cases.py",
        "from bounded_context import",
        "from datetime import timedelta\n\nfrom bounded_context import",
    )
    for file, names in (("use_cases", "Claim, ClaimDetails, Status"), ("context", "Claim, Status")):
        own = f"model import {names}, ClaimTooLarge, IncidentTooOld"
        journey.replace(f"src/claim/{file}.py", f"model import {names}", own)
    declared = 'register_claim, Status.REGISTERED, "ClaimRegistered"'
    journey.replace("src/claim/context.py", declared, f"{declared}, errors=(IncidentTooOld, ClaimTooLarge)")
    journey.add(
        "tests/samples.py",
        '''"""Samples that the rules accept."""

from datetime import timedelta

from bounded_context import today


def claim(number: int) -> dict[str, str]:
    """Return the values of a sample that are not generated."""
    return {"incident_date": (today() - timedelta(days=number % 90)).isoformat(), "amount": f"{number % 1_000 + 1}.50"}
''',
    )
    journey.add("pyproject.toml", 'samples = "tests.samples:claim"\n', after="context = ")
    journey.context("contracts", "openapi", "run")
    journey.done(
        "a date rule and an amount rule",
        '''
def test_commands_and_rows_obey_both_rules(running: Running) -> None:
    """With the codes of the partner's page."""
    old, large = {"incident_date": "2020-01-31"}, {"amount": "100000.01"}
    for values, code in ((old, "incident-too-old"), (large, "claim-too-large")):
        [claim] = running.rows(1)
        assert running.invoke("register_claim", claim | values)["error"]["code"] == code
    rows = running.rows(2)
    report = running.upload([rows[0] | old, rows[1] | large]).rejections()
    assert {"incident-too-old", "claim-too-large"} <= {line["code"] for line in report}
    page = Path("docs/lists.md").read_text(encoding="utf-8")
    assert "`incident-too-old`" in page
    assert "`claim-too-large`" in page
''',
    )


def an_approved_amount(journey: Journey) -> None:
    """Request 3: the amount is at most the claimed amount. Only the rule is written: the bake has the argument."""
    journey.add(
        "src/claim/model.py",
        '''

class TooMuchApproved(BusinessError):
    """More than the claimed amount was approved."""

    code = "too-much-approved"
    status = 422
    title = "The approved amount is over the claimed amount"
''',
    )
    journey.replace(
        "src/claim/use_cases.py",
        "    state = current.state.having(approved_amount=command.approved_amount)\n",
        "    if command.approved_amount > current.details.amount:\n"
        '        raise TooMuchApproved("at most the claimed amount can be approved")\n'
        "    state = current.state.having(approved_amount=command.approved_amount)\n",
    )
    for file in ("use_cases", "context"):
        journey.replace(f"src/claim/{file}.py", "IncidentTooOld, Status", "IncidentTooOld, Status, TooMuchApproved")
    journey.replace("tests/test_rules.py", '"approved_amount": "12.50"', '"approved_amount": "1.50"')
    journey.replace(
        "src/claim/context.py", "after=(Status.ASSESSED,)", "after=(Status.ASSESSED,), errors=(TooMuchApproved,)"
    )
    journey.context("contracts", "openapi")
    journey.done(
        "an approved amount",
        '''
def test_the_approved_amount_is_stored_published_and_answered(running: Running) -> None:
    """And is at most the claimed amount."""
    [claim] = running.rows(1)
    command = {"claim_id": claim["claim_id"], "approved_amount": claim["amount"]}
    assert running.invoke("register_claim", claim)["ok"]
    assert running.invoke("assess_claim", {"claim_id": claim["claim_id"]})["ok"]
    refused = running.invoke("approve_claim", {**command, "approved_amount": "9999999.00"})
    assert refused["error"]["code"] == "too-much-approved"
    assert running.invoke("approve_claim", {"claim_id": claim["claim_id"]})["error"]["code"] == "invalid"
    answer = running.invoke("approve_claim", command)["claim"]
    assert (answer["status"], answer["approved_amount"]) == ("APPROVED", claim["amount"])
    assert (running.item(claim["claim_id"]) or {})["approved_amount"] == claim["amount"]
    assert running.invoke("get_claim", {"claim_id": claim["claim_id"]})["claim"] == answer
    for received in running.events(claim["claim_id"], 3).values():
        assert [event["data"]["approved_amount"] for event in received] == [None, None, claim["amount"]]
''',
    )


def the_claims_of_a_policy(journey: Journey) -> None:
    """Request 4: newest first, page by page, in the API's document."""
    journey.replace("src/claim/context.py", "import Command", "import By, Command")
    ordered = 'By("policy_id", order="incident_date", newest_first=True)'
    journey.replace("src/claim/context.py", 'queried_by=("list",)', f'queried_by=("list", {ordered})')
    journey.context("openapi")
    journey.done(
        "the claims of a policy",
        '''
def test_the_claims_of_a_policy_are_listed_page_by_page_newest_first(running: Running) -> None:
    """Over HTTP and by invocation."""
    days = [(date.today() - timedelta(days=number)).isoformat() for number in (3, 1, 2)]
    for row, day in zip(running.rows(3), days, strict=True):
        assert running.invoke("register_claim", row | {"policy_id": "policy-1", "incident_date": day})["ok"]
    question, listed = {"policy_id": "policy-1", "limit": 2}, []
    while len(listed) < 3:
        page = running.invoke("list_claims", question)
        listed += [claim["incident_date"] for claim in page["items"]]
        question["cursor"] = page["next_cursor"]
    assert listed == sorted(days, reverse=True)
    parameters = Path("docs/api/openapi.json").read_text(encoding="utf-8")
    assert '"policy_id"' in parameters
''',
    )


def notes_of_a_claim(journey: Journey) -> None:
    """Request 6: up to 500 notes, a command that adds one, and their list."""
    library = "from bounded_context import"
    for file, names in (("model", "Child, LongText"), ("commands", "LongText"), ("context", "Children")):
        journey.replace(f"src/claim/{file}.py", library, f"{library} {names}\n{library}")
    for module, names in (("commands", "AddNote"), ("model", "Note"), ("use_cases", "add_note")):
        for file in ("use_cases", "context") if module != "use_cases" else ("context",):
            own = f"from .{module} import"
            journey.replace(f"src/claim/{file}.py", own, f"{own} {names}\n{own}")
    journey.add(
        "src/claim/model.py",
        '''

class Note(Child):
    """A note of a claim."""

    text: LongText
''',
    )
    journey.add(
        "src/claim/commands.py",
        '''

class AddNote(Change):
    """Add a note to a claim."""

    claim_id: Identifier
    text: LongText
''',
    )
    journey.add(
        "src/claim/use_cases.py",
        '''

def add_note(command: AddNote, claims: Aggregates[Claim]) -> Claim:
    """Add a note to a claim in any status."""
    changed = expected(command, claims).adding(Note(text=command.text))
    claims.save(changed)
    return changed
''',
    )
    journey.add(
        "src/claim/context.py",
        '        Command.adds(AddNote, add_note, Note, "ClaimNoteAdded", after=tuple(Status)),\n',
        after="commands=(",
    )
    journey.add(
        "src/claim/context.py", '    children=(Children(Note, "notes", most=500),),\n', after="aggregate=Claim,"
    )
    journey.context("contracts", "openapi")
    journey.done(
        "notes of a claim",
        '''
def test_notes_are_added_published_listed_and_end_with_the_claim(running: Running) -> None:
    """In the order of the claim's events."""
    [claim] = running.rows(1)
    identity = {"claim_id": claim["claim_id"]}
    assert running.invoke("register_claim", claim)["ok"]
    for number in range(3):
        answer = running.invoke("add_note", identity | {"text": f"note {number}"})["claim"]
        assert (answer["note"]["number"], answer["status"]) == (number + 1, "REGISTERED")
    page = running.invoke("list_claim_notes", identity | {"limit": 2})
    assert [note["text"] for note in page["items"]] == ["note 0", "note 1"]
    rest = running.invoke("list_claim_notes", identity | {"limit": 2, "cursor": page["next_cursor"]})
    assert ([note["text"] for note in rest["items"]], rest["next_cursor"]) == (["note 2"], None)
    for received in running.events(claim["claim_id"], 4).values():
        assert [event["type"] for event in received] == ["ClaimRegistered", *["ClaimNoteAdded"] * 3]
        assert received[-1]["data"]["note"]["text"] == "note 2"
    assert running.invoke("delete_claim", identity)["ok"]
    assert running.invoke("list_claim_notes", identity)["error"]["code"] == "not-found"
''',
    )


@pytest.mark.e2e
@pytest.mark.nightly
def test_the_claims_requests_take_at_most_half_of_the_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After each, the check is green, and the running context behaves as requested."""
    journey = Journey.of(tmp_path, ANSWERS)
    requests = (
        *(fields_and_commands, a_date_rule_and_an_amount_rule, an_approved_amount),
        *(the_claims_of_a_policy, notes_of_a_claim),
    )
    for request in requests:
        request(journey)
    with capsys.disabled():
        sys.stdout.writelines(f"\n{title}: {effort}" for title, effort in journey.written.items())
    assert [title for title, effort in journey.written.items() if effort.lines > TRIAL[title] / 2] == []
