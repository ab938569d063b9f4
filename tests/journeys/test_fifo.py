"""Request 12 of the trial: a FIFO queue to a payment system, with dead letters, alarm, permission and a consumer."""

from __future__ import annotations

from pathlib import Path

import pytest

from .journey import Journey
from .test_claim import ANSWERS

TRIAL = 74
"""Lines that a developer wrote by hand in the trial, whose order was lost after a failure."""

MAIN, FUNCTIONS = "infra/service/__main__.py", "infra/service/functions.py"


@pytest.mark.e2e
@pytest.mark.nightly
def test_payouts_keep_their_order_after_a_failure(tmp_path: Path) -> None:
    """With at most half of the trial's lines."""
    journey = Journey.of(tmp_path, ANSWERS)
    journey.add(MAIN, 'payouts = WorkQueue("payouts", stack, fifo=True)\n', after="inbound = Inbound(")
    journey.replace(MAIN, "workflow=IMPORT)\nlive", 'workflow=IMPORT, values={"PAYOUTS": payouts.queue_url})\nlive')
    journey.add(
        MAIN,
        'payouts.feed(live["pay_out"])\npayouts.grant_send(functions["approve_claim"].role)\n',
        after="inbound.feed(",
    )
    journey.add(MAIN, "    WorkQueue,\n", after="Workflow,")
    journey.add(
        FUNCTIONS,
        '    "approve_claim": replace(COMMAND, variables=(*COMMAND.variables, "PAYOUTS")),\n'
        '    "pay_out": Preset(timeout=30, memory=256, variables=("TABLE_NAME",), calls=("payment-system",)),\n',
        after="**standard_presets(",
    )
    own = "from dataclasses import replace\nfrom bounded_context_infra import COMMAND, Preset"
    journey.replace(FUNCTIONS, "from bounded_context_infra import Preset", own)
    for stack in ("dev", "staging", "prod", "local"):
        address = '  claim:systems: {payment-system: "https://payments.example"}\n'
        journey.add(f"infra/service/Pulumi.{stack}.yaml", address, after="config:")
    journey.add(
        "pyproject.toml", '\n[tool.bounded-context.systems]\npayment-system = "tests.pay:answer"\n', after="context = "
    )
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
    [effort] = journey.written.values()
    assert effort.lines <= TRIAL // 2
