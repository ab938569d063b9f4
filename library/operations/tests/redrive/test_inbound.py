"""Dead letters of other contexts' events, on moto's queues."""

import json
from typing import Any

import pytest

from tests.redrive.conftest import Stack, event


def _text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


@pytest.fixture
def queues(stack: Stack, moto: Any) -> Any:
    """SQS with the stack's queue for these events, and its dead letters."""
    queues = stack.queues = moto("sqs")
    dead, inbound = (queues.create_queue(QueueName=name)["QueueUrl"] for name in ("inbound-dead-letters", "inbound"))
    stack.outputs |= {"inbound_queue": inbound, "dead_letter_queues": {"inbound": dead}}
    poison = {"type": _text("ThingDone"), "reason": _text("no-subject")}
    queues.send_message(QueueUrl=dead, MessageBody=json.dumps(event(1)), MessageAttributes=poison)
    queues.send_message(QueueUrl=dead, MessageBody="{", MessageAttributes={"reason": _text("not-json")})
    return queues


@pytest.mark.usefixtures("queues")
def test_a_look_lists_the_reasons_of_rejected_messages(stack: Stack):
    """By type and reason, and messages can be chosen by it."""
    ran = stack.redrive("inbound")
    assert {(group["type"], group["reason"]) for group in ran.report["groups"]} == {
        ("ThingDone", "no-subject"),
        ("", "not-json"),
    }
    assert stack.redrive("inbound", "--where", "reason=not-json").report["would_redrive"] == 1


def test_messages_go_back_without_the_reason(stack: Stack, queues: Any):
    """They are judged anew: what is poison still gets its reason again, and what failed for another has none."""
    ran = stack.redrive("inbound", "--go")
    assert (ran.status, ran.report["redriven"]) == (0, 2)
    url = stack.outputs["inbound_queue"]
    received = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])["Messages"]
    came = {message["Body"]: message.get("MessageAttributes", {}) for message in received}
    assert came == {json.dumps(event(1)): {"type": _text("ThingDone")}, "{": {}}
