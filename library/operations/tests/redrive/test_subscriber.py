"""A subscriber's dead letters, on moto's queues."""

import json
from typing import Any

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
