"""Events on the topic."""

import json
from typing import Any

import boto3
import pytest

from bounded_context.adapters.sns import Topic
from bounded_context.domain.trace_context import fresh_traceparent


class _Counting:
    """An SNS that rejects requests over 256 KiB as AWS does, and one entry of each request that it accepts."""

    def __init__(self, refused: str) -> None:
        self.refused, self.published = refused, list[str]()

    def publish_batch(self, *, PublishBatchRequestEntries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803
        """Record the entries."""
        texts = [
            value["StringValue"] for one in PublishBatchRequestEntries for value in one["MessageAttributes"].values()
        ]
        assert sum(map(len, (*texts, *(one["Message"] for one in PublishBatchRequestEntries)))) <= 256 * 1024
        ids = [one["Id"] for one in PublishBatchRequestEntries]
        self.published += [one for one in ids if one != self.refused]
        return {"Failed": [{"Id": self.refused}] if self.refused in ids else []}


@pytest.mark.parametrize(
    ("refused", "published", "returned"), [("", "0123456789", ""), ("1", "0", "123456789"), ("9", "012345678", "9")]
)
def test_large_events_are_published_in_several_requests(refused: str, published: str, returned: str):
    """A request has at most 256 KiB. After a refusal, the events of later requests are not published, to keep order."""
    event = {"type": "A", "dataschema": "urn:a:A:1.0", "traceparent": fresh_traceparent(), "data": "\U0001f600" * 8000}
    sns: Any = _Counting(refused)
    assert Topic(sns, "arn").publish([event] * 10) == {int(number) for number in returned}
    assert sns.published == list(published)


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
