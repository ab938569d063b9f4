"""Events on the topic."""

import json
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from bounded_context.adapters import conditional
from bounded_context.adapters.services import Topic
from bounded_context.domain.events import fresh_traceparent

EVENT = {"type": "A", "dataschema": "urn:a:A:1.0", "traceparent": fresh_traceparent(), "subject": "a", "data": {}}


class _Counting:
    """An SNS that rejects requests over 256 KiB as AWS does, and one entry of each request that it accepts."""

    def __init__(self, refused: str) -> None:
        self.refused, self.published = refused, list[str]()

    def publish_batch(self, *, PublishBatchRequestEntries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803
        """Record the entries."""
        texts = [
            value["StringValue"]
            for entry in PublishBatchRequestEntries
            for value in entry["MessageAttributes"].values()
        ]
        assert sum(map(len, (*texts, *(entry["Message"] for entry in PublishBatchRequestEntries)))) <= 256 * 1024
        ids = [entry["Id"] for entry in PublishBatchRequestEntries]
        self.published += [entry_id for entry_id in ids if entry_id != self.refused]
        return {"Failed": [{"Id": self.refused}] if self.refused in ids else []}


@pytest.mark.parametrize(
    ("refused", "published", "returned"), [("", "0123456789", ""), ("1", "0", "123456789"), ("9", "012345678", "9")]
)
def test_large_events_are_published_in_several_requests(refused: str, published: str, returned: str):
    """A request has at most 256 KiB. After a refusal, the events of later requests are not published, to keep order."""
    event = EVENT | {"data": {"text": "\U0001f600" * 8000}}
    sns: Any = _Counting(refused)
    assert Topic(sns, "arn").publish([event] * 10) == {int(number) for number in returned}
    assert sns.published == list(published)


@pytest.mark.parametrize(("code", "calls", "returned"), [("Throttling", 8, "0123456789"), ("KMSDisabled", 1, None)])
def test_a_throttled_first_request_is_refused_and_another_error_is_raised(
    code: str, calls: int, returned: str | None, monkeypatch: pytest.MonkeyPatch
):
    """SNS throttles the request as a whole, and the topic's key throttles with a code of its own."""
    monkeypatch.setattr(conditional, "time", SimpleNamespace(sleep=lambda _: None))
    sns: Any = _Failing(code, after=0)
    event = EVENT
    with nullcontext() if returned else pytest.raises(ClientError):
        assert Topic(sns, "arn").publish([event] * 10) == {int(number) for number in returned or ""}
    assert sns.calls == calls


@pytest.mark.parametrize("code", ["KMSThrottling", "InternalError"])
def test_an_error_after_the_first_request_keeps_its_events(code: str, monkeypatch: pytest.MonkeyPatch):
    """Seven large events fit into the first request."""
    monkeypatch.setattr(conditional, "time", SimpleNamespace(sleep=lambda _: None))
    event = EVENT | {"data": {"text": "A" * 36_000}}
    sns: Any = _Failing(code, after=1)
    assert Topic(sns, "arn").publish([event] * 10) == {7, 8, 9}


class _Failing:
    """An SNS whose requests fail after some requests."""

    def __init__(self, code: str, after: int) -> None:
        self._code, self._after, self.calls = code, after, 0

    def publish_batch(self, **_: Any) -> dict[str, Any]:
        """Accept or fail."""
        self.calls += 1
        if self.calls > self._after:
            raise ClientError({"Error": {"Code": self._code, "Message": "m"}}, "PublishBatch")
        return {}


def test_an_event_arrives_as_it_was_with_its_type_to_filter_on_and_its_trace(topic: tuple[str, str]):
    """The message is the CloudEvent itself; the attributes repeat its type and its place in a trace."""
    arn, url = topic
    event = {
        "id": "1",
        "type": "SomethingHappened",
        "dataschema": "urn:event-schema:thing:SomethingHappened:1.0",
        "traceparent": fresh_traceparent(),
        "subject": "id-1",
        "data": {"n": "1.50"},
    }
    assert Topic(boto3.client("sns"), arn).publish([event]) == set()

    sqs: Any = boto3.client("sqs")
    [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert json.loads(message["Body"]) == event
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes == {"type": "SomethingHappened", "traceparent": event["traceparent"]}
