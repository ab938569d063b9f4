"""The last requests of the insurance context: a rename, a person, an order, and tests."""

from __future__ import annotations

from datetime import date

from .journey import Journey

_STACKS = ("dev", "staging", "prod", "local")
_CONTEXT, _MODEL, _RULES = "src/claim/context.py", "src/claim/model.py", "src/claim/use_cases.py"
_MAIN, _FUNCTIONS = "infra/service/__main__.py", "infra/service/functions.py"


def a_rename(journey: Journey) -> None:
    """Request 10: `amount` becomes `claimed_amount` in a context that runs and has callers."""
    journey.released("0.1.0")
    journey.replace(_MODEL, "    amount: Amount\n", '    claimed_amount: Annotated[Amount, Renamed("amount")]\n')
    journey.replace(_MODEL, "    Phone,\n", "    Phone,\n    Renamed,\n")
    journey.replace(_MODEL, 'field = "amount"', 'field = "claimed_amount"')
    journey.replace(_RULES, "if command.amount > 100_000", "if command.claimed_amount > 100_000")
    journey.replace(_RULES, "current.details.amount", "current.details.claimed_amount")
    journey.replace("src/claim/scoring.py", "if command.amount <= 1_000", "if command.claimed_amount <= 1_000")
    journey.replace("src/claim/scoring.py", "str(command.amount)", "str(command.claimed_amount)")
    journey.replace("tests/samples.py", '"amount": f', '"claimed_amount": f')
    journey.context("contracts", "openapi", "partner-kit dev")
    for name in ("amount", "claimed_amount"):
        header = f"claim_id,policy_id,incident_date,{name},currency,claimant,phone,kind\n"
        row = f"c-1,p-1,{date.today()},100000.01,EUR,Ada,+12025550100,fire\n"
        assert "2,claimed_amount," in journey.checked_by_kit(header + row)
    journey.renamed("amount", "claimed_amount")
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
    """A header has one of both names, also of a partner with a format."""
    for name, partner in (("amount", ""), ("claimed_amount", ""), ("amount", "acme"), ("claimed_amount", "acme")):
        rows = running.rows(2)
        running.deployed.table.know_references(row["policy_id"] for row in rows)
        amounts = [row.pop("claimed_amount") for row in rows]
        rows = [{**row, name: amount} for row, amount in zip(rows, amounts, strict=True)]
        result = running.upload(rows, partner=partner)
        assert (result.outcome, result.imported) == ("IMPORTED", 2)
    page = Path("docs/lists.md").read_text(encoding="utf-8")
    assert "earlier name amount" in page
''',
    )


def a_person_approves_lists(journey: Journey) -> None:
    """Request 11: the lists with a total above 1,000,000."""
    journey.add(
        "src/claim/approval.py",
        '''"""The lists that a person approves before their import."""

from typing import Final

from bounded_context import ListApproval, ListTotals


def needs_approval(totals: ListTotals) -> bool:
    """Return whether the sum of a list in a currency is above the limit."""
    return totals.highest("claimed_amount") > 1_000_000


APPROVAL: Final = ListApproval(needs_approval, days=7)
''',
    )
    journey.replace(_CONTEXT, "from .commands import", "from .approval import APPROVAL\nfrom .commands import")
    journey.add(_CONTEXT, "    approval=APPROVAL,\n", after="verification=")
    journey.context("contracts")
    journey.done(
        "a person approves lists",
        '''
def _large(running: Running, amount: str, reject: str = "", partner: str = "") -> Finished:
    rows = [row | {"claimed_amount": amount, "currency": "EUR"} for row in running.rows(11)]
    running.deployed.table.know_references(row["policy_id"] for row in rows)
    return running.upload(rows, partner=partner, reject=reject)


def test_a_list_above_the_limit_is_imported_after_its_approval(running: Running) -> None:
    """The record names the person. A list below does not wait."""
    for partner in ("", "acme"):
        done = _large(running, "99999.00", partner=partner)
        assert (done.outcome, done.imported) == ("IMPORTED", 11)
        assert done.record["decided_by"].startswith("arn:aws:")
    done = _large(running, "50.00")
    assert (done.outcome, "waits_since" in done.record) == ("IMPORTED", False)


def test_a_rejected_list_has_no_rows_and_its_partner_the_reason(running: Running) -> None:
    """Also after its rows were scored."""
    done = _large(running, "99999.00", "twice the usual total")
    assert (done.outcome, done.imported) == ("REJECTED", 0)
    assert [line["reason"] for line in done.rejections()] == ["twice the usual total"]
''',
    )


def payouts_in_order(journey: Journey) -> None:
    """Request 12: a FIFO queue to a payment system, with dead letters, alarm, permission and a consumer."""
    journey.add(_MAIN, 'payouts = WorkQueue("payouts", stack, fifo=True)\n', after="inbound = Inbound(")
    bucket = '"REPORTS_BUCKET": reports.bucket.id'
    journey.replace(_MAIN, f"variables = {{{bucket}}}\n", f'variables = {{{bucket}, "PAYOUTS": payouts.queue_url}}\n')
    journey.add(
        _MAIN,
        'payouts.feed(live["pay_out"])\npayouts.grant_send(functions["approve_claim"].role)\n',
        after="inbound.feed(",
    )
    journey.add(_MAIN, "    WorkQueue,\n", after="Workflow,")
    journey.add(
        _FUNCTIONS,
        '    "approve_claim": replace(COMMAND, variables=(*COMMAND.variables, "PAYOUTS")),\n'
        '    "pay_out": Preset(timeout=30, memory=256, variables=("TABLE_NAME",), calls=("payment-system",)),\n',
        after="**standard_presets(",
    )
    for stack in _STACKS:
        system = 'payment-system: "https://payments.example", scoring'
        journey.replace(f"infra/service/Pulumi.{stack}.yaml", "claim:systems: {scoring", f"claim:systems: {{{system}")
    journey.add("pyproject.toml", 'payment-system = "tests.pay:answer"\n', after="[tool.bounded-context.systems]")
    journey.add(
        "tests/pay.py", '"""Pays."""\n\n\ndef answer(request: object) -> tuple[int, object]:\n    return 200, {}\n'
    )
    journey.add(
        "src/claim/pay_out.py",
        '''"""PayOut: orders payouts from the payment system, in the order of their policy."""

from bounded_context import Unavailable, aws
from bounded_context.handlers import TableSettings, logger, queue_handler
from pydantic import BaseModel

from .context import CLAIM


class Payout(BaseModel):
    """The payout of a claim."""

    claim_id: str
    amount: str


def pay_out(message: str) -> None:
    """Order one payout."""
    payout = Payout.model_validate_json(message)
    aws.system("payment-system", Unavailable).post("/payouts", payout.model_dump(), key=payout.claim_id).json()
    logger.info("paid out", claim_id=payout.claim_id)


lambda_handler = queue_handler(CLAIM, "pay_out", pay_out, TableSettings)
''',
    )
    journey.context("contracts")
    journey.done(
        "payouts in order",
        '''
def test_the_rest_of_a_policy_waits_for_its_failed_payout(running: Running) -> None:
    """Another policy is paid out."""
    from json import dumps
    from time import sleep

    deployed = running.deployed
    url, dead = (deployed.outputs[kind]["payouts"] for kind in ("work_queues", "dead_letter_queues"))
    deployed.invoke("pay_out", {"Records": []})
    deployed.aws.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"VisibilityTimeout": "2"})
    good = [dumps({"claim_id": f"c-{number}", "amount": "1.50"}) for number in range(3)]
    messages = [("a", good[0]), ("a", "no payout"), ("a", good[1]), ("b", good[2])]
    entries = [
        {"Id": str(number), "MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": str(number)}
        for number, (group, body) in enumerate(messages)
    ]
    deployed.aws.call("sqs", "send_message_batch", QueueUrl=url, Entries=entries)
    letters, wanted = dict[str, str](), {"MaxNumberOfMessages": 10, "VisibilityTimeout": 1}
    for _ in range(60):
        received = deployed.aws.call("sqs", "receive_message", QueueUrl=dead, **wanted)
        letters |= {message["MessageId"]: message["Body"] for message in received.get("Messages", [])}
        sleep(1)
        if len(letters) == 2:
            break
    assert sorted(letters.values()) == sorted(["no payout", good[1]])
''',
    )


def tests_of_all_kinds(journey: Journey) -> None:
    """Request 13: a unit test, a property, an end-to-end test, and the faults of a rehearsal."""
    rules = "tests/test_rules.py"
    journey.add(rules, "from decimal import Decimal\nfrom hypothesis import given, strategies\n", after="import typing")
    journey.add(rules, "from claim.model import TooMuchApproved\n", after="from claim.context import")
    journey.add(
        rules,
        """

def approved(number: int, amount: Decimal):
    claims, claim = InMemory(CLAIM).aggregates, samples.aggregate(number, status=Status.ASSESSED)
    claims.add(claim)
    return approve_claim(ApproveClaim(claim_id=claim.id, approved_amount=amount), claims)


def test_the_whole_amount_may_be_approved():
    assert approved(1, Decimal("2.50")).status is Status.APPROVED


@given(strategies.integers(0, 900), strategies.integers(1, 100_000))
def test_at_most_the_claimed_amount_is_approved(number: int, cents: int):
    most = number * 100 + 150
    assert approved(number, Decimal(min(cents, most)) / 100).status is Status.APPROVED
    with pytest.raises(TooMuchApproved):
        approved(number, Decimal(most + cents) / 100)


def test_the_running_context_approves(running: "Running"):
    [claim] = running.rows(1)
    identity = {"claim_id": claim["claim_id"]}
    assert running.invoke("register_claim", claim)["ok"]
    assert running.invoke("assess_claim", identity)["ok"]
    assert running.invoke("approve_claim", {**identity, "approved_amount": "0.50"})["ok"]
""",
    )
    journey.done("tests of all kinds", "")
    storm = "uv run context rehearse storm --fault kill:approve-claim --fault kill:relay-events"
    journey.run("uv add --quiet --dev bounded-context-lab", storm)
