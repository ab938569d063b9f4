"""A subscriber's dead letters, on moto's queues."""

import json
from typing import Any

import pytest

from bounded_context_operations.repair.redrive.messages import DeliveryFailed, Message, SubscriberRoute
from tests.redrive.conftest import Stack, event


def _text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def test_a_message_is_returned_as_it_was_sent(stack: Stack, moto: Any):
    """Its body, its attributes of each type, and its trace are unchanged."""
    queues = stack.queues = moto("sqs")
    dead, inbox = (queues.create_queue(QueueName=name)["QueueUrl"] for name in ("dead", "inbox"))
    stack.outputs |= {"queues": {"one": inbox}, "dead_letter_queues": {"one": dead}}
    sent = {
        "type": _text("ThingDone"),
        "traceparent": _text("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        "number": {"DataType": "Number", "StringValue": "7"},
        "bytes": {"DataType": "Binary.png", "BinaryValue": b"\x00\xff"},
    }
    body = json.dumps(event(1)) + " \n"
    trace: Any = {"AWSTraceHeader": _text("Root=1-67891233-abcdef012345678912345678")}
    queues.send_message(QueueUrl=dead, MessageBody=body, MessageAttributes=sent, MessageSystemAttributes=trace)
    queues.send_message(QueueUrl=dead, MessageBody="not JSON")
    ran = stack.redrive("one", "--go")
    assert (ran.status, ran.report["redriven"]) == (0, 2)
    wanted: Any = {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
    received = queues.receive_message(QueueUrl=inbox, MaxNumberOfMessages=10, **wanted)["Messages"]
    bare, full = sorted(received, key=lambda message: len(message.get("MessageAttributes", {})))
    assert (full["Body"], full["MessageAttributes"]) == (body, sent)
    assert full["Attributes"]["AWSTraceHeader"] == "Root=1-67891233-abcdef012345678912345678"
    assert bare["Body"] == "not JSON"
    assert "Messages" not in queues.receive_message(QueueUrl=dead)


def test_messages_of_an_own_queue_go_back_to_it(stack: Stack, moto: Any):
    """A stack that has none, or none yet, has no such output."""
    queues = stack.queues = moto("sqs")
    dead, messages = (queues.create_queue(QueueName=name)["QueueUrl"] for name in ("messages-dead-letters", "messages"))
    stack.outputs |= {"work_queues": {"messages": messages}, "dead_letter_queues": {"messages": dead}}
    queues.send_message(QueueUrl=dead, MessageBody='{"to": "Ada"}')
    ran = stack.redrive("messages", "--go")
    assert (ran.status, ran.report["redriven"]) == (0, 1)
    [message] = queues.receive_message(QueueUrl=messages)["Messages"]
    assert message["Body"] == '{"to": "Ada"}'


FIFO: Any = {"FifoQueue": "true"}


def _of_payouts(stack: Stack, queues: Any) -> tuple[str, str]:
    """Connect the stack to a FIFO work queue, and return the URLs of its dead-letter queue and of the queue."""
    names = ("context-test-payouts-dead-letters.fifo", "context-test-payouts.fifo")
    dead, payouts = (queues.create_queue(QueueName=name, Attributes=FIFO)["QueueUrl"] for name in names)
    stack.outputs |= {"work_queues": {"payouts": payouts}, "dead_letter_queues": {"payouts": dead}}
    return dead, payouts


def _received(queues: Any, url: str) -> list[tuple[str, ...]]:
    wanted: Any = {"QueueUrl": url, "MessageSystemAttributeNames": ["All"]}
    received = list[tuple[str, ...]]()
    while messages := queues.receive_message(**wanted).get("Messages"):
        [message] = messages
        system = message["Attributes"]
        received.append((system["MessageGroupId"], message["Body"], system["MessageDeduplicationId"]))
        queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return received


def test_messages_of_a_fifo_queue_go_back_in_the_order_of_their_group(stack: Stack, moto: Any):
    """By each name of the queue. SQS does not discard them as repetitions of their first sending."""
    queues = stack.queues = moto("sqs")
    dead, payouts = _of_payouts(stack, queues)
    for number in range(5):
        for group in ("iban-1", "iban-2"):
            sent: Any = {"MessageGroupId": group, "MessageBody": f"payout {number}"}
            sent |= {"MessageDeduplicationId": f"{group}-{number}"}
            queues.send_message(QueueUrl=payouts, **sent)
            queues.send_message(QueueUrl=dead, **sent)
    sent_before = _received(queues, payouts)
    assert len(sent_before) == 10
    for name in ("payouts", "payouts-dead-letters", "context-test-payouts-dead-letters.fifo"):
        assert stack.redrive(name).report["would_redrive"] == 10
    ran = stack.redrive("context-test-payouts", "--go")
    assert (ran.status, ran.report["redriven"]) == (0, 10)
    received = _received(queues, payouts)
    for group in ("iban-1", "iban-2"):
        assert [body for its, body, _ in received if its == group] == [f"payout {number}" for number in range(5)]
    assert not {number for _, _, number in received} & {number for _, _, number in sent_before}
    assert _received(queues, dead) == []


def test_after_a_failed_message_the_rest_of_its_group_stays(stack: Stack, moto: Any, monkeypatch: pytest.MonkeyPatch):
    """Other groups are redriven."""
    queues = stack.queues = moto("sqs")
    dead, payouts = _of_payouts(stack, queues)
    for group, number in (("a", 1), ("a", 2), ("b", 1), ("a", 3), ("b", 2)):
        body = f"{group}{number}"
        queues.send_message(QueueUrl=dead, MessageGroupId=group, MessageBody=body, MessageDeduplicationId=body)
    deliver = SubscriberRoute.deliver

    def delivered(route: SubscriberRoute, message: Message) -> str:
        if message.body == "a2":
            raise DeliveryFailed("throttled")
        return deliver(route, message)

    monkeypatch.setattr(SubscriberRoute, "deliver", delivered)
    ran = stack.redrive("payouts", "--go")
    assert (ran.status, ran.report["redriven"]) == (1, 3)
    reasons = {failed["why"]: failed["messages"] for failed in ran.report["failed"]}
    assert [*reasons.values()] == [1, 1]
    assert "an earlier message of its group failed." in reasons
    assert sorted(body for _, body, _ in _received(queues, payouts)) == ["a1", "b1", "b2"]
    assert [body for _, body, _ in _received(queues, dead)] == ["a2", "a3"]
