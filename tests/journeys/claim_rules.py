"""The first requests of the insurance context: fields, rules, an argument, a query, another system, and children."""

from __future__ import annotations

from datetime import date

from .journey import Journey


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
    field = "incident_date"


class ClaimTooLarge(BusinessError):
    """The claim is over the limit of the insurance."""

    code = "claim-too-large"
    status = 422
    title = "The amount is over 100,000"
    field = "amount"
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
    refused = {(line["field"], line["code"]) for line in report}
    assert {("incident_date", "incident-too-old"), ("amount", "claim-too-large")} <= refused
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


def a_fraud_score(journey: Journey) -> None:
    """Request 5: over HTTPS, of large claims, for commands and rows. The partner kit still checks the other rows."""
    journey.add(
        "src/claim/scoring.py",
        '''"""The scoring of fraud, which another system does."""

from bounded_context import BusinessError, Unavailable, aws

from .commands import RegisterClaim


class ScoringUnavailable(Unavailable):
    """The scoring does not answer."""

    code = "scoring-unavailable"
    title = "The scoring does not answer"


class FraudSuspected(BusinessError):
    """The score is over 90."""

    code = "fraud-suspected"
    status = 422
    title = "The score is over 90"


def fraud_score(command: RegisterClaim) -> int | None:
    """Return the score of a claim over 1,000. Raises FraudSuspected, ScoringUnavailable."""
    if command.amount <= 1_000:
        return None
    scoring = aws.system("scoring", ScoringUnavailable)
    score = scoring.post("/scores", {"amount": str(command.amount)}, key=command.claim_id).json()["score"]
    if score > 90:
        raise FraudSuspected("the score is over 90")
    return score
''',
    )
    journey.add("src/claim/model.py", "    fraud_score: WholeNumber | None = None\n", after="approved_amount: Amount")
    journey.replace("src/claim/model.py", "    Text,\n)", "    Text,\n    WholeNumber,\n)")
    journey.replace(
        "src/claim/use_cases.py",
        "    created = Claim(details, Status.REGISTERED)\n",
        "    state = ClaimState(fraud_score=fraud_score(command))\n"
        "    created = Claim(details, Status.REGISTERED, state=state)\n",
    )
    journey.replace("src/claim/use_cases.py", "ClaimDetails, ClaimTooLarge", "ClaimDetails, ClaimState, ClaimTooLarge")
    journey.add("src/claim/use_cases.py", "from .scoring import fraud_score\n", after="from .model import")
    journey.replace(
        "src/claim/context.py",
        "errors=(IncidentTooOld, ClaimTooLarge)",
        "errors=(IncidentTooOld, ClaimTooLarge, FraudSuspected, ScoringUnavailable)",
    )
    journey.add(
        "src/claim/context.py", "from .scoring import FraudSuspected, ScoringUnavailable\n", after="from .model import"
    )
    journey.add(
        "infra/service/functions.py",
        '    "register_claim": replace(COMMAND, calls=("scoring",)),\n'
        '    CLAIM.verification_step: replace(VERIFY_LIST, calls=("scoring",)),\n',
        after="**standard_presets",
    )
    journey.replace(
        "infra/service/functions.py",
        "from bounded_context_infra import Preset",
        "from dataclasses import replace\n\nfrom bounded_context_infra import COMMAND, VERIFY_LIST, Preset",
    )
    for stack in ("dev", "staging", "prod", "local"):
        address = '  claim:systems: {scoring: "https://scoring.example/v1"}\n'
        journey.add(f"infra/service/Pulumi.{stack}.yaml", address, after="config:")
    journey.add(
        "tests/scoring.py",
        '''"""The scoring, for the local run."""

from bounded_context.testing import SystemRequest


def answer(request: SystemRequest) -> tuple[int, dict[str, int]]:
    """Suspect a single amount."""
    return 200, {"score": 95 if request.body["amount"] == "6666.00" else 12}
''',
    )
    systems = '\n[tool.bounded-context.systems]\nscoring = "tests.scoring:answer"\n'
    journey.add("pyproject.toml", systems, after="samples = ")
    journey.context("fix", "contracts", "openapi", "partner-kit dev")
    rows = ["1000.00", "1000.01", "100000.01"]
    assert "3 rows, 1 rejected, 1 checked at the import (line 3)" in journey.checked_by_kit(
        "claim_id,policy_id,incident_date,amount,currency,claimant,phone,kind\n"
        + "".join(f"c-{row},p-1,{date.today()},{row},EUR,Ada,+12025550100,fire\n" for row in rows)
    )
    journey.done(
        "a fraud score",
        '''
def test_commands_and_rows_are_scored(running: Running) -> None:
    """And a report has the refusals with the faulty cells."""
    high, suspected = {"amount": "5000.00"}, {"amount": "6666.00"}
    claims = running.rows(2)
    assert running.invoke("register_claim", claims[0] | high)["claim"]["fraud_score"] == 12
    assert running.invoke("register_claim", claims[1] | suspected)["error"]["code"] == "fraud-suspected"
    rows = running.rows(2)
    assert running.upload([rows[0] | high, rows[1]]).outcome == "IMPORTED"
    assert [(running.item(row["claim_id"]) or {}).get("fraud_score") for row in rows] == [12, None]
    for events in running.events(rows[0]["claim_id"]).values():
        assert events[0]["data"]["fraud_score"] == 12
    rows = running.rows(4)
    changes = [suspected, {"currency": "?"}, {"incident_date": "2020-01-31"}, {}]
    report = running.upload([row | change for row, change in zip(rows, changes, strict=True)]).rejections()
    assert [(line["line"], line["field"], line["code"]) for line in report] == [
        ("2", "", "fraud-suspected"),
        ("3", "currency", "value"),
        ("4", "incident_date", "incident-too-old"),
        ("", "", "list-tolerance"),
    ]
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
