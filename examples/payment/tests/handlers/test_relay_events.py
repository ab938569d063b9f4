"""The outbox relay: what was committed is what is published."""

import copy
import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer

from payment import bootstrap
from payment.adapters import items
from payment.domain import events
from payment.handlers.relay_events import lambda_handler

from tests import samples
from tests.handlers.conftest import LambdaContext

pytestmark = pytest.mark.usefixtures("function")
RECORD = json.loads((Path(__file__).parents[1] / "events" / "stream_insert.json").read_text())


def _record(n: int, name: str = "INSERT", **changes: Any) -> dict[str, Any]:
    record = copy.deepcopy(RECORD)
    item = items.from_payment(samples.payment(n))
    image = {key: TypeSerializer().serialize(value) for key, value in item.items()}
    change = record["dynamodb"]
    change.pop("NewImage")
    change["OldImage" if name == "REMOVE" else "NewImage"] = image
    change["SequenceNumber"] = str(1000 + n)
    return record | {"eventName": name, "eventID": f"event-{n}"} | changes


def _received(url: str) -> list[dict[str, Any]]:
    sqs: Any = boto3.client("sqs")
    found: list[dict[str, Any]] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def test_each_committed_change_is_one_event(topic: tuple[str, str], context: LambdaContext):
    """More than one publish takes, each with its own id, none lost."""
    answer = lambda_handler({"Records": [_record(n) for n in range(25)]}, context)
    assert answer == {"batchItemFailures": []}
    assert {event["id"] for event in _received(topic[1])} == {f"event-{n}" for n in range(25)}


def test_an_event_says_what_happened_to_whom_and_when(topic: tuple[str, str], context: LambdaContext):
    """The envelope is CloudEvents; the data is the aggregate."""
    lambda_handler({"Records": [_record(3)]}, context)
    [event] = _received(topic[1])
    assert event["type"] == events.REACHED[events.FIRST]
    assert event["subject"] == samples.payment(3).id
    assert event["time"] == "2025-12-31T12:00:00+00:00"
    assert event["data"] == events.payload(samples.payment(3))


def test_a_removed_aggregate_is_announced_as_it_was(topic: tuple[str, str], context: LambdaContext):
    """Its last state is in the event."""
    lambda_handler({"Records": [_record(4, "REMOVE")]}, context)
    [event] = _received(topic[1])
    assert (event["type"], event["subject"]) == (events.DELETED, samples.payment(4).id)


class _RefusingTopic:
    """Takes the first batch and refuses the fourth event of the second."""

    def __init__(self) -> None:
        self.published: list[str] = []

    def publish(self, batch: list[dict[str, Any]]) -> set[int]:
        refused = {3} if self.published else set()
        self.published += [event["id"] for event in batch]
        return refused


def test_the_stream_goes_on_from_the_first_refused_event(context: LambdaContext, monkeypatch: pytest.MonkeyPatch):
    """Nothing after it is published before its turn, and nothing is lost."""
    topic = _RefusingTopic()
    monkeypatch.setattr(bootstrap, "topic", lambda: topic)
    answer = lambda_handler({"Records": [_record(n) for n in range(30)]}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1013"}]}
    assert len(topic.published) == 20
