"""Changes that Lambda kept whole in a bucket: read there, given to a function in memory, deleted after that.

The objects are in moto; Lambda's part, of which no stand-in exists, is played as its developer guide describes it.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.redrive.conftest import CHANGES, READER, REGION, Stack
from tests.rollout.clients import error

BUCKET, MAPPING, SHARD = "test-given-up", "5eb7b1a4-1111-2222-3333-444455556666", "shardId-00000001-6f1c"
WEEK = timedelta(days=7)


def record(number: int, event: str = "REMOVE", key: str = "ITEM#1") -> dict[str, Any]:
    """A change as Lambda gives it to a function."""
    return {
        "eventID": f"id-{number}",
        "eventName": event,
        "dynamodb": {
            "ApproximateCreationDateTime": 1.0,
            "Keys": {"pk": {"S": key}},
            "OldImage": {"pk": {"S": key}, "n": {"N": "1.50"}},
            "SequenceNumber": str(number),
        },
    }


class Lambda:
    """What Lambda does with a batch that a function could not take: it writes an object, and S3 tells of that."""

    def __init__(self, stack: Stack, client: Any) -> None:
        self.objects = stack.objects = client("s3")
        self.objects.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self._stack = stack

    def gives_up(self, *records: Any, age: timedelta = WEEK, **changes: Any) -> str:
        """Keep the batch, and put the message; returns the object's key."""
        now = datetime(2031, 5, 4, 10, 30, tzinfo=UTC)
        number = len(self.keys())
        key = f"aws/lambda/{MAPPING}/{SHARD}/{now:%Y/%m/%d}/{now:%Y-%m-%dT%H.%M.%S}-{number}"
        body = {**_metadata(records, now), "payload": json.dumps({"Records": records}), **changes}
        self.objects.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(body))
        self.tells(key, age)
        return key

    def tells(self, key: str, age: timedelta = WEEK) -> None:
        """Put the event of S3 that an object was created."""
        detail = {"bucket": {"name": BUCKET}, "object": {"key": key, "size": 1}, "reason": "PutObject"}
        event = {"id": "event", "source": "aws.s3", "detail-type": "Object Created", "detail": detail}
        self._stack.queues.put(CHANGES, event, age)

    def keys(self) -> list[str]:
        """What is kept."""
        return [entry["Key"] for entry in self.objects.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def _metadata(records: Any, now: datetime) -> dict[str, Any]:
    numbers = [entry["dynamodb"]["SequenceNumber"] for entry in records if isinstance(entry, dict)]
    time = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    return {
        "requestContext": {"functionArn": READER, "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 101},
        "responseContext": {"statusCode": 200, "executedVersion": "3", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": time,
        "DDBStreamBatchInfo": {
            "shardId": SHARD,
            "startSequenceNumber": (numbers or ["1"])[0],
            "endSequenceNumber": (numbers or ["1"])[-1],
            "approximateArrivalOfFirstRecord": time,
            "approximateArrivalOfLastRecord": time,
            "batchSize": len(records),
            "streamArn": "arn:aws:dynamodb:eu-central-1:123456789012:table/table/stream/2031-01-01T00:00:00.000",
        },
    }


@pytest.fixture
def lambda_(stack: Stack, moto: Any) -> Lambda:
    """Lambda, and an empty bucket."""
    return Lambda(stack, moto)


def test_a_removal_that_the_stream_has_forgotten_is_delivered_again(stack: Stack, lambda_: Lambda):
    """A week later, exactly as the function was given it; then object and message are gone."""
    lambda_.gives_up(record(1), record(2))
    assert stack.streams is None, "the stream is not even asked"
    ran = stack.redrive("reader", "--go")
    assert (ran.status, ran.report["redriven"]) == (0, 1)
    assert stack.functions.given == [[record(1), record(2)]]
    assert (lambda_.keys(), stack.queues.bodies(CHANGES)) == ([], [])


def test_a_payload_may_be_an_object_of_json(stack: Stack, lambda_: Lambda):
    """The guide shows text, and says nowhere that it is."""
    lambda_.gives_up(record(1), payload={"Records": [record(1)]})
    assert stack.redrive("reader", "--go").status == 0
    assert stack.functions.given == [[record(1)]]


def test_a_look_lists_the_given_up_batches_and_changes_nothing(stack: Stack, lambda_: Lambda):
    """It neither calls the function nor deletes an object."""
    key = lambda_.gives_up(record(7))
    ran = stack.redrive("reader")
    assert (ran.report["would_redrive"], stack.functions.calls, lambda_.keys()) == (1, [], [key])
    [sample] = ran.report["samples"]
    assert (sample["id"], sample["source"], sample["reason"]) == ("7", "table", "RetryAttemptsExhausted")
    assert len(stack.queues.bodies(CHANGES)) == 1


def test_a_batch_that_fails_again_is_kept(stack: Stack, lambda_: Lambda):
    """Object and message both, for another day."""
    key = lambda_.gives_up(record(1), record(2))
    stack.functions.answers = [lambda _: {"batchItemFailures": [{"itemIdentifier": "2"}]}] * 2
    ran = stack.redrive("reader", "--go")
    assert (ran.status, lambda_.keys(), len(stack.queues.bodies(CHANGES))) == (1, [key], 1)


def test_an_object_that_cannot_be_deleted_may_be_delivered_twice(
    stack: Stack, lambda_: Lambda, monkeypatch: pytest.MonkeyPatch
):
    """The message stays with it, and the report says so."""

    def refuses(**_: Any) -> None:
        raise error("DeleteObject", "AccessDenied")

    monkeypatch.setattr(lambda_.objects, "delete_object", refuses)
    key = lambda_.gives_up(record(1))
    ran = stack.redrive("reader", "--go")
    assert (ran.status, ran.report["redriven"], lambda_.keys()) == (1, 1, [key])
    assert len(ran.report["may_come_twice"]) == len(stack.queues.bodies(CHANGES)) == 1


def test_a_message_whose_object_is_gone_stays_until_it_is_given_up(stack: Stack, lambda_: Lambda):
    """It was sent before: events of S3 may come twice. Nothing is taken for done that nobody has seen."""
    key = lambda_.gives_up(record(1))
    stack.redrive("reader", "--go")
    lambda_.tells(key)
    ran = stack.redrive("reader", "--go")
    assert (ran.status, ran.report["redriven"], len(stack.functions.given)) == (1, 0, 1)
    assert f"its object s3://{BUCKET}/aws/lambda/{MAPPING}" in ran.report["stay"][0]["why"]
    assert stack.redrive("reader").report["would_redrive"] == 0
    assert stack.redrive("reader", "--go", "--give-up", "came twice").status == 0
    assert stack.queues.bodies(CHANGES) == []


def test_two_messages_about_one_batch_are_one_delivery(stack: Stack, lambda_: Lambda):
    """The batch was stored again, masked."""
    lambda_.tells(lambda_.gives_up(record(1)))
    lambda_.gives_up(record(2))
    ran = stack.redrive("reader", "--go")
    assert (ran.status, ran.report["redriven"], stack.queues.bodies(CHANGES)) == (0, 2, [])


BROKEN = ["no JSON", "{}", '{"Records": []}', '{"Records": [1]}', '{"Records": [{"dynamodb": {}}]}', 7, "[" * 100_000]


@pytest.mark.parametrize("payload", BROKEN, ids=lambda payload: str(payload)[:30])
def test_an_invalid_payload_stays_and_the_others_are_redriven(stack: Stack, lambda_: Lambda, payload: Any):
    """The reason names the console in which a person can read the object."""
    broken = lambda_.gives_up(payload=payload)
    lambda_.gives_up(record(1))
    ran = stack.redrive("reader", "--go", "--give-up", "told by hand")
    assert (ran.status, ran.report["redriven"], lambda_.keys()) == (1, 1, [broken])
    assert "the S3 console" in ran.report["stay"][0]["why"]


def test_a_role_that_may_not_read_the_bucket_is_named(stack: Stack, lambda_: Lambda, monkeypatch: pytest.MonkeyPatch):
    """The redrive is refused before any change, and the message can be received again."""

    def refuses(**_: Any) -> None:
        said = "User: arn:aws:sts::1:assumed-role/ops/me is not authorized to perform: s3:GetObject on resource: x"
        raise error("GetObject", "AccessDenied", said)

    monkeypatch.setattr(lambda_.objects, "get_object", refuses)
    lambda_.gives_up(record(1))
    ran = stack.redrive("reader", "--go")
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert "role ops may" in ran.report["why"]
    assert "may not s3:GetObject" in ran.report["why"]
    assert (len(stack.queues.bodies(CHANGES)), stack.queues.hidden(CHANGES)) == (1, 0)
