"""Events on the topic."""

import json
from typing import Any

import boto3

from <<cookiecutter.__package>>.adapters.sns import Topic


def test_an_event_arrives_as_it_was_with_its_type_to_filter_on(topic: tuple[str, str]):
    """The message is the CloudEvent itself; the attribute repeats its type."""
    arn, url = topic
    event = {"id": "1", "type": "SomethingHappened", "data": {"n": "1.50"}}
    assert Topic(boto3.client("sns"), arn).publish([event]) == set()

    sqs: Any = boto3.client("sqs")
    [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert json.loads(message["Body"]) == event
    assert message["MessageAttributes"]["type"]["StringValue"] == "SomethingHappened"
