"""The dead letters that a function puts aside itself, on moto's queue."""

import base64
from typing import Any

import boto3
import pytest

from bounded_context.adapters.services import DeadLetters
from tests.foreign import text


@pytest.fixture
def buried(aws: None) -> Any:
    """Puts a message aside and returns it as it is found."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]

    def bury(body: str, attributes: dict[str, Any], reason: str = "not-json") -> Any:
        DeadLetters(sqs, url).bury(body, attributes, reason)
        [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
        return message

    return bury


def test_a_message_is_kept_as_it_came_with_the_reason(buried: Any):
    """Its body to the last blank, its attributes of every kind."""
    came = {
        "type": text("ThingDone"),
        "number": text("7") | {"dataType": "Number"},
        "bytes": {"dataType": "Binary.png", "binaryValue": base64.b64encode(b"\x00\xff").decode()},
    }
    message = buried(' {"id": \n', came)
    assert message["Body"] == ' {"id": \n'
    assert message["MessageAttributes"] == {
        "type": {"DataType": "String", "StringValue": "ThingDone"},
        "number": {"DataType": "Number", "StringValue": "7"},
        "bytes": {"DataType": "Binary.png", "BinaryValue": b"\x00\xff"},
        "reason": {"DataType": "String", "StringValue": "not-json"},
    }


def test_a_reason_that_it_came_with_gives_way(buried: Any):
    """It was put aside before, for something else."""
    message = buried("{}", {"reason": text("no-subject")}, "no-order")
    assert message["MessageAttributes"]["reason"]["StringValue"] == "no-order"


def test_of_ten_attributes_the_last_gives_way(buried: Any):
    """SQS takes ten."""
    message = buried("{}", {f"name-{number}": text("x") for number in range(10)})
    assert sorted(message["MessageAttributes"]) == [*(f"name-{number}" for number in range(9)), "reason"]
