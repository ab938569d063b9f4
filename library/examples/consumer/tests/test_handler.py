"""What becomes of messages: each event has its effect once, and what cannot be taken comes again without the others."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from consumer import handler
from consumer.event import Event, Unreadable

EVENTS = Path(__file__).parent / "events"
TABLE = "kept"
SUBJECTS = itertools.count()
Item = dict[str, Any]


@dataclass
class LambdaContext:
    """What the runtime passes as the second argument."""

    function_name: str = "consumer"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:consumer"
    aws_request_id: str = "request-1"


def recorded(name: str, **changes: Any) -> dict[str, Any]:
    """An event as it was published, with some members changed."""
    return json.loads((EVENTS / f"{name}.json").read_text()) | changes


def sequence(number: int) -> str:
    """The sequence of the event with this number."""
    return f"{number:040d}"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The consumer's table, empty."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("TABLE_NAME", TABLE)
    handler._table.cache_clear()
    with mock_aws():
        table = boto3.resource("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield table
    handler._table.cache_clear()


def send(*messages: dict[str, Any] | str) -> list[int]:
    """Hand over a batch; return which of its messages have to come again, counted from 0."""
    record = json.loads((EVENTS / "sqs_record.json").read_text())
    bodies = [message if isinstance(message, str) else json.dumps(message) for message in messages]
    records = [record | {"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    answer = handler.lambda_handler({"Records": records}, LambdaContext())
    return [int(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]


def kept(table: Any) -> list[Item]:
    """Everything in the table."""
    return table.scan()["Items"]


def test_an_event_is_kept(table: Any) -> None:
    """With all that it says."""
    event = recorded("created")
    assert send(event) == []
    [item] = kept(table)
    assert item["pk"] == f"{event['source']}#{event['subject']}"
    assert (item["type"], item["data"], item["applied"]) == (event["type"], event["data"], 1)


def test_a_repeated_event_changes_nothing(table: Any) -> None:
    """In the same batch, and in a later one: SNS, SQS and the outbox all deliver at least once."""
    event = recorded("created")
    assert send(event, event) == []
    assert send(event) == []
    assert [item["applied"] for item in kept(table)] == [1]


def test_a_late_older_event_changes_nothing(table: Any) -> None:
    """The queue keeps no order: the greater sequence wins, a removal too."""
    removed = next(name for name in handler.TAKEN if name != recorded("created")["type"])
    last = recorded("created", id="2", type=removed, sequence=sequence(10))
    assert send(last, recorded("created", sequence=sequence(9))) == []
    assert [(item["type"], item["applied"]) for item in kept(table)] == [(removed, 1)]


def test_events_of_other_types_are_passed_over(table: Any) -> None:
    """Those that are not needed here, and those that did not exist when this was written."""
    assert send(recorded("list_imported"), recorded("created", type="SomethingNew", data={"other": 1.5})) == []
    assert kept(table) == []


def test_unknown_types_and_members_are_ignored(table: Any) -> None:
    """Members of the envelope, fields of the data, and the version of its schema."""
    event = recorded("created", extension="x", dataschema="urn:event-schema:a:b:7.3")
    event["data"]["later"] = {"rate": 0.25}
    del event["traceparent"], event["time"], event["specversion"]
    assert send(event) == []
    assert [item["applied"] for item in kept(table)] == [1]


BAD = {
    "no JSON": "{",
    "no object": "[]",
    "no event": {},
    "no id": recorded("created", id=""),
    "a subject that is no text": recorded("created", subject=5),
    "no sequence": recorded("created", sequence=None),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_failed_message_is_returned_without_the_others(bad: Any, table: Any) -> None:
    """Until it lies among the dead letters; the good ones of its batch are done."""
    good = [recorded("created", id=str(n), subject=f"s-{n}") for n in range(2)]
    assert send(good[0], bad, good[1]) == [1]
    assert len(kept(table)) == 2


def test_a_batch_of_bad_messages_is_no_error_of_the_function(table: Any) -> None:
    """Each comes again by itself."""
    assert send("{", "}") == [0, 1]


def test_a_message_that_cannot_be_written_is_returned(table: Any) -> None:
    """As when the table is throttled, or gone."""
    table.delete()
    assert send(recorded("created")) == [0]


def test_the_log_has_the_reason_of_a_rejected_message_and_no_content(
    table: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Messages may name people."""
    send(recorded("created", id="", subject="Ada Lovelace"), '{"Ada Lovelace')
    lines = [vars(record) for record in caplog.records]
    reasons = [line["why"] for line in lines if line["msg"] == "event not taken"]
    assert reasons == ["the event has no id", "the message is no JSON"]
    assert "Ada" not in str(lines)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_the_newest_event_is_stored_in_any_order_of_arrival(table: Any, numbers: list[int]) -> None:
    """Repeated, mixed, and in two batches."""
    subject = f"subject-{next(SUBJECTS)}"
    sent = [recorded("created", id=str(n), subject=subject, sequence=sequence(n), data={"n": n}) for n in numbers]
    middle = len(sent) // 2
    for batch in filter(None, (sent[:middle], sent[middle:])):
        assert send(*batch) == []
    item = table.get_item(Key={"pk": f"{sent[0]['source']}#{subject}"})["Item"]
    assert item["data"]["n"] == max(numbers)


def test_only_an_event_can_be_read() -> None:
    """The error says what is missing."""
    with pytest.raises(Unreadable, match="the event has no source"):
        Event.read('{"id": "1"}')
