"""Events on the topic."""

import json
from typing import Any

import boto3

from bounded_context.adapters.sns import Topic
from bounded_context.domain.trace_context import fresh_traceparent


def test_an_event_arrives_as_it_was_with_its_type_to_filter_on_and_its_trace(topic: tuple[str, str]):
    """The message is the CloudEvent itself; the attributes repeat its type and its place in a trace."""
    arn, url = topic
    event = {
        "id": "1",
        "type": "SomethingHappened",
        "dataschema": "urn:event-schema:thing:SomethingHappened:1.0",
        "traceparent": fresh_traceparent(),
        "data": {"n": "1.50"},
    }
    assert Topic(boto3.client("sns"), arn).publish([event]) == set()

    sqs: Any = boto3.client("sqs")
    [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert json.loads(message["Body"]) == event
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes == {"type": "SomethingHappened", "traceparent": event["traceparent"]}
