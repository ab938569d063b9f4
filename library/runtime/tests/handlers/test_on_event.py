"""OnEvent: which messages are done, which come again, and which are put aside."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from payment.context import PAYMENT

from bounded_context import aws
from bounded_context.adapters.conditional import key_of
from bounded_context.handlers import event_handler
from bounded_context.testing.functions import handler_of
from tests.emf import totals
from tests.foreign import CREATED, REMOVED, THING, TRACEPARENT, event, record, sequenced, text
from tests.handlers.conftest import Daemon, LambdaContext, Lines

Records = list[dict[str, Any]]
THROTTLED: Any = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}}


def _take(records: Records, context: LambdaContext) -> list[str]:
    """Hand messages over and return the ids of those that have to come again."""
    answer = handler_of(PAYMENT, "on_event")({"Records": records}, context)
    assert set(answer) == {"batchItemFailures"}
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def _standing(table: Any, subject: str = "thing-1") -> str | None:
    return table.get_item(Key={"pk": key_of(THING, subject)}).get("Item", {}).get("status")


def _letters(url: str) -> Records:
    received = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    return [dict(message) for message in received.get("Messages", [])]


@pytest.fixture
def throttled(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Subjects whose items cannot be written now."""
    subjects: set[str] = set()
    real = aws.projection

    class Throttled:
        def apply(self, news: Any) -> bool:
            if news.subject in subjects:
                raise ClientError(THROTTLED, "PutItem")
            return real().apply(news)

    monkeypatch.setattr(aws, "projection", Throttled)
    return subjects


@pytest.mark.usefixtures("function")
def test_events_are_stored_in_any_order(table: Any, context: LambdaContext):
    """In one batch or in several."""
    assert _take([record(sequenced(2, REMOVED), "m-1"), record(sequenced(1), "m-2")], context) == []
    assert _standing(table) == "GONE"
    assert _take([record(sequenced(3))], context) == []
    assert _standing(table) == "KNOWN"


@pytest.mark.usefixtures("function")
def test_only_failed_messages_are_returned(table: Any, throttled: set[str], context: LambdaContext):
    """The others are done, and the next batch takes it."""
    throttled.add("thing-2")
    records = [record(event(n, subject=f"thing-{n}"), f"m-{n}") for n in (1, 2, 3)]
    assert _take(records, context) == ["m-2"]
    assert [_standing(table, f"thing-{n}") for n in (1, 2, 3)] == ["KNOWN", None, "KNOWN"]
    throttled.clear()
    assert _take([records[1]], context) == []
    assert _standing(table, "thing-2") == "KNOWN"


@pytest.mark.usefixtures("function")
def test_a_batch_of_failed_messages_is_an_error_of_the_function(throttled: set[str], context: LambdaContext):
    """Its alarm goes off, and a release of a version that can take nothing is rolled back."""
    throttled |= {"thing-1", "thing-2"}
    with pytest.raises(ClientError, match="ProvisionedThroughputExceededException when calling PutItem"):
        _take([record(event(n, subject=f"thing-{n}"), f"m-{n}") for n in (1, 2)], context)


@pytest.mark.usefixtures("function")
def test_a_poison_message_is_rejected_with_its_reason_and_blocks_no_other(
    table: Any, dead_letters: str, context: LambdaContext
):
    """It is done: it does not come again."""
    poison = record("{ no JSON", "m-1", type=text(CREATED), traceparent=text(TRACEPARENT))
    assert _take([poison, record(event(), "m-2")], context) == []
    assert _standing(table) == "KNOWN"
    [letter] = _letters(dead_letters)
    assert letter["Body"] == "{ no JSON"
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert attributes == {"type": CREATED, "traceparent": TRACEPARENT, "reason": "not-json"}


@pytest.mark.usefixtures("function")
def test_a_poison_message_that_cannot_be_stored_is_returned(table: Any, dead_letters: str, context: LambdaContext):
    """It is never lost."""
    boto3.client("sqs").delete_queue(QueueUrl=dead_letters)
    assert _take([record("no JSON", "m-1"), record(event(), "m-2")], context) == ["m-1"]
    assert _standing(table) == "KNOWN"


@pytest.mark.usefixtures("function")
def test_an_unsubscribed_type_is_acknowledged(dead_letters: str, context: LambdaContext, lines: Lines):
    """The filter let it through before it was changed."""
    assert _take([record(event(event_type="OrderLinePainted"))], context) == []
    assert _letters(dead_letters) == []
    [line] = [line for line in lines() if line["message"] == "event ignored"]
    assert (line["event_type"], line["event_id"]) == ("OrderLinePainted", "event-1")


@pytest.mark.usefixtures("function")
def test_outcomes_of_messages_are_counted(context: LambdaContext, capsys: pytest.CaptureFixture[str]):
    """Poison by its reason; what was ignored is no number of ours."""
    bodies = [event(1), event(2), event(1), event(3, "OrderLinePainted"), "x", "y", event(4, source="nobody")]
    _take([record(body, f"m-{number}") for number, body in enumerate(bodies)], context)
    assert totals(capsys.readouterr().out) == {
        ("EventsApplied",): 2,
        ("EventsStale",): 1,
        ("EventsPoisoned", "not-json"): 2,
        ("EventsPoisoned", "unknown-source"): 1,
    }


@pytest.mark.usefixtures("function")
def test_a_line_has_the_outcome_and_ids_of_events(context: LambdaContext, lines: Lines):
    """By its ids, in words that a query finds."""
    _take([record(event(1), "m-1"), record(event(1), "m-2"), record("x", "m-3")], context)
    messages = [(line["message"], line.get("ids"), line.get("code")) for line in lines() if "event" in line["message"]]
    assert messages == [
        ("event applied", ["thing-1"], None),
        ("event stale", ["thing-1"], None),
        ("event is poison", None, "not-json"),
    ]


@pytest.mark.usefixtures("function", "sampled")
def test_the_trace_of_an_event_continues(daemon: Daemon, context: LambdaContext):
    """Also that of a poison message: its attribute has the place."""
    messages = [record(event(), "m-1", traceparent=text(TRACEPARENT)), record("x", "m-2", traceparent=text("junk"))]
    _take(messages, context)
    continued = [document for document in daemon.documents() if document["trace_id"].startswith("1-0af76519-")]
    assert [document["parent_id"] for document in continued] == ["b7ad6b7169203331"]


@pytest.mark.usefixtures("settings")
def test_without_the_setting_every_message_has_an_unknown_source(
    monkeypatch: pytest.MonkeyPatch, context: LambdaContext
):
    """A stack that hears of nobody has nobody who may send."""
    monkeypatch.setenv("CONSUMES", "{}")
    buried: list[tuple[str, str]] = []

    class Kept:
        def bury(self, body: str, _attributes: Any, reason: str) -> None:
            buried.append((body, reason))

    take = event_handler(PAYMENT, aws.projection, Kept)
    assert take({"Records": [record(event())]}, context) == {"batchItemFailures": []}
    assert buried == [(json.dumps(event()), "unknown-source")]
