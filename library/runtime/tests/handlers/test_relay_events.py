"""The outbox relay: what was committed is what is published."""

import copy
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from payment.context import PAYMENT

from bounded_context import aws
from bounded_context.adapters.items import TRACEPARENT, Changes, Items
from bounded_context.declaration.context import Context
from bounded_context.domain import events
from bounded_context.domain.events import fresh_traceparent, from_traceparent, order_key
from bounded_context.handlers import relay_events
from bounded_context.handlers.relay_events import lambda_handler
from tests.contracts.test_previous_version import BI, CREATED, FRONTEND, beside
from tests.emf import totals
from tests.event_schemas import faults
from tests.handlers.conftest import Daemon, LambdaContext, Lines
from tests.handlers.functions import SAMPLES

LIST_ID = "0af7651916cd43dd8448eb211c80319c"
SCHEMA = f"urn:event-schema:{PAYMENT.name}:{CREATED}"

pytestmark = pytest.mark.usefixtures("function")
RECORD = json.loads((Path(__file__).parents[1] / "events" / "stream_insert.json").read_text())


def _record(n: int, name: str = "INSERT", carried: Any = None, **changes: Any) -> dict[str, Any]:
    record = copy.deepcopy(RECORD)
    place = {} if carried is None else {TRACEPARENT: carried}
    item = Items(PAYMENT).from_aggregate(SAMPLES.aggregate(n)) | place
    image = {key: TypeSerializer().serialize(value) for key, value in item.items()}
    change = record["dynamodb"]
    change.pop("NewImage")
    change["OldImage" if name == "REMOVE" else "NewImage"] = image
    change["SequenceNumber"] = str(1000 + n)
    return record | {"eventName": name, "eventID": f"event-{n}"} | changes


def _received(url: str) -> list[dict[str, Any]]:
    sqs: Any = boto3.client("sqs")
    bodies: list[dict[str, Any]] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [json.loads(message["Body"]) for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def test_each_committed_change_is_one_event(topic: tuple[str, str], context: LambdaContext):
    """More than one publish takes, each with its own id, none lost."""
    answer = lambda_handler({"Records": [_record(n) for n in range(25)]}, context)
    assert answer == {"batchItemFailures": []}
    assert {event["id"] for event in _received(topic[1])} == {f"event-{n}" for n in range(25)}


def test_an_event_has_type_subject_and_time(topic: tuple[str, str], context: LambdaContext):
    """The envelope is CloudEvents; the data is the aggregate."""
    lambda_handler({"Records": [_record(3)]}, context)
    [event] = _received(topic[1])
    assert event["type"] == PAYMENT.event_by_status[PAYMENT.initial_status]
    assert event["subject"] == SAMPLES.aggregate(3).id
    assert event["time"] == "2025-12-31T12:00:00+00:00"
    assert event["dataschema"] == PAYMENT.schema_of(event["type"])
    assert event["data"] == events.payload(SAMPLES.aggregate(3))


@pytest.mark.parametrize("number", ["7", "4" * 21, "9" * 28])
def test_a_change_of_a_later_table_is_newer_than_all_of_the_earlier_table(
    topic: tuple[str, str], context: LambdaContext, number: str
):
    """A new stream may begin with smaller numbers. A late redrive of the earlier stream stays older. Consumers compare
    40 digits as before."""
    tables = {"later": "payment-dev-table-epoch-12", "earlier": "payment-dev-table", "between": "dev-table-epoch-2"}
    for name, table in tables.items():
        record: dict[str, Any] = _record(1) | {
            "eventID": name,
            "eventSourceARN": f"arn:aws:dynamodb:eu-central-1:1:table/{table}/stream/2026-01-31T12:00:00.000",
        }
        record["dynamodb"]["SequenceNumber"] = {"later": "5", "between": "6"}.get(name, number)
        lambda_handler({"Records": [record]}, context)
    sequences = {event["id"]: event["sequence"] for event in _received(topic[1])}
    assert sequences["earlier"] == number.zfill(40)
    keys = {name: order_key(name, sequence, None) for name, sequence in sequences.items()}
    assert sorted(keys, key=keys.__getitem__) == ["earlier", "between", "later"]
    assert all(re.fullmatch("[0-9]{40}", sequence) for sequence in sequences.values())


def test_the_later_of_two_changes_has_the_greater_sequence(topic: tuple[str, str], context: LambdaContext):
    """As text, however many digits the stream's numbers have: subscribers' queues keep no order."""
    numbers = ["99", "100", "4" * 21, "1" * 40]
    records = [_record(n) for n in range(len(numbers))]
    for record, number in zip(records, numbers, strict=True):
        record["dynamodb"]["SequenceNumber"] = number
    lambda_handler({"Records": records}, context)
    sequence_of = {event["id"]: event["sequence"] for event in _received(topic[1])}
    sequences = [sequence_of[f"event-{n}"] for n in range(len(numbers))]
    assert sequences == sorted(sequences)
    assert {len(sequence) for sequence in sequences} == {40}


@pytest.mark.parametrize(
    ("name", "version", "imported", "group"),
    [
        ("INSERT", 1, True, "list"),
        ("REMOVE", 1, True, "list"),
        ("MODIFY", 2, True, "aggregate"),
        ("INSERT", 1, False, "aggregate"),
    ],
)
def test_the_rows_of_a_list_have_one_group_and_a_commands_change_has_another(
    name: str, version: int, imported: bool, group: str, topic: tuple[str, str], context: LambdaContext
):
    """The request forwards the group to each queue. A fair queue then delivers the command's event before the rows'
    backlog (Amazon SQS Developer Guide, "Amazon SQS fair queues"). Both major versions have the same group."""
    records = [_record(n, name) for n in range(2)]
    for record in records:
        image = record["dynamodb"]["OldImage" if name == "REMOVE" else "NewImage"]
        image |= {"version": {"N": str(version)}, "list_id": {"S": LIST_ID} if imported else {"NULL": True}}
    lambda_handler({"Records": records}, context)
    sqs: Any = boto3.client("sqs")
    received = sqs.receive_message(
        QueueUrl=topic[1], MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    )["Messages"]
    groups = {json.loads(message["Body"])["subject"]: message["Attributes"]["MessageGroupId"] for message in received}
    identities = [SAMPLES.aggregate(n).id for n in range(2)]
    assert groups == {identity: LIST_ID if group == "list" else identity for identity in identities}


def test_a_removed_aggregate_is_announced_as_it_was(topic: tuple[str, str], context: LambdaContext):
    """Its last state is in the event."""
    lambda_handler({"Records": [_record(4, "REMOVE")]}, context)
    [event] = _received(topic[1])
    assert (event["type"], event["subject"]) == (PAYMENT.deletion_event, SAMPLES.aggregate(4).id)


@pytest.mark.parametrize("name", ["MODIFY", "REMOVE"])
def test_events_after_an_erasure_request_erasure_from_subscribers(
    name: str, topic: tuple[str, str], context: LambdaContext
):
    """A deletion has the request of the last write. The mark is no field of the data, and other events lack it."""
    marked = _record(1, name)
    image = marked["dynamodb"]["OldImage" if name == "REMOVE" else "NewImage"]
    image["erased_at"] = {"S": "2031-01-01T00:00:00+00:00"}
    lambda_handler({"Records": [marked, _record(2)]}, context)
    erased, other = sorted(_received(topic[1]), key=lambda event: event["id"])
    assert erased["erasure"] == "2031-01-01T00:00:00+00:00"
    assert "erased_at" not in erased["data"]
    assert "erasure" not in other


@pytest.mark.parametrize("name", ["INSERT", "MODIFY", "REMOVE"])
def test_an_event_has_the_place_in_a_trace_that_its_item_carries(
    name: str, topic: tuple[str, str], context: LambdaContext
):
    """A removal writes none of its own: its event has that of the last write."""
    carried = fresh_traceparent()
    lambda_handler({"Records": [_record(1, name, carried)]}, context)
    assert _received(topic[1])[0]["traceparent"] == carried


@pytest.mark.parametrize("carried", [None, "junk", 5])
def test_a_change_that_carries_no_good_place_in_a_trace_is_published(
    carried: Any, topic: tuple[str, str], context: LambdaContext
):
    """It was written before there was one, or by somebody else; its event begins a trace."""
    lambda_handler({"Records": [_record(1, carried=carried)]}, context)
    assert from_traceparent(_received(topic[1])[0]["traceparent"])


@pytest.mark.usefixtures("sampled")
def test_the_relay_shows_once_in_each_trace_that_brought_changes(daemon: Daemon, context: LambdaContext):
    """However many changes one list brought."""
    places = [f"00-{number:032x}-b7ad6b7169203331-01" for number in (1, 2)]
    lambda_handler({"Records": [_record(n, carried=places[n % 2]) for n in range(20)]}, context)
    segments = [document for document in daemon.documents() if "type" not in document]
    roots = {f"1-00000000-{number:024x}" for number in (1, 2)}
    assert [document["name"] for document in segments] == [context.function_name] * 2
    assert {document["trace_id"] for document in segments} == roots


def test_published_events_are_logged_by_their_identities(lines: Lines, context: LambdaContext):
    """One line for each message to the topic, which takes ten events."""
    lambda_handler({"Records": [_record(n) for n in range(25)]}, context)
    published = [line["ids"] for line in lines() if line["message"] == "events published"]
    assert [len(ids) for ids in published] == [10, 10, 5]
    identities = [identity for ids in published for identity in ids]
    assert identities == [SAMPLES.aggregate(n).id for n in range(25)]


def _unreadable(n: int, **broken: Any) -> dict[str, Any]:
    """Return a record whose image lacks the status, or has what is given in its place."""
    record = _record(n)
    record["dynamodb"]["NewImage"].pop("status")
    record["dynamodb"]["NewImage"] |= broken
    return record


def _reported(*numbers: int) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": str(1000 + number)} for number in numbers]}


def _published(topic: tuple[str, str]) -> set[str]:
    return {event["id"] for event in _received(topic[1])}


@pytest.mark.parametrize("place", [0, 3, 9, 10, 24])
def test_an_unreadable_record_is_reported_and_earlier_ones_are_published(
    place: int, topic: tuple[str, str], lines: Lines, context: LambdaContext
):
    """Lambda goes on from the reported record: the earlier ones count as published."""
    records = [_unreadable(n) if n == place else _record(n) for n in range(25)]
    assert lambda_handler({"Records": records}, context) == _reported(place)
    assert _published(topic) == {f"event-{n}" for n in range(place)}
    [line] = [line for line in lines() if line["level"] == "ERROR"]
    assert (line["event_id"], line["sequence_number"]) == (f"event-{place}", str(1000 + place))


@pytest.mark.parametrize(
    "broken",
    [
        {"status": {"N": "1"}},
        {"status": {"S": "UNHEARD_OF"}},
        {"status": {"X": "no type of DynamoDB"}},
        {TRACEPARENT: {"L": []}},
    ],
)
def test_no_content_of_a_record_makes_the_relay_fail(
    broken: dict[str, Any], topic: tuple[str, str], context: LambdaContext
):
    """Not even one of an attribute that is read for the trace alone."""
    records = [_record(0), _unreadable(1, **broken), _record(2)]
    assert lambda_handler({"Records": records}, context) == _reported(1)
    assert _published(topic) == {"event-0"}


def test_an_unreadable_record_alone_is_reported(topic: tuple[str, str], context: LambdaContext):
    """Lambda tries it again, and then gives up this record and no other."""
    assert lambda_handler({"Records": [_unreadable(1)]}, context) == _reported(1)
    assert _published(topic) == set()


def test_a_record_without_its_change_fails_the_batch(topic: tuple[str, str], context: LambdaContext):
    """It has no number to report: an empty one makes Lambda send the batch again, in halves."""
    records = [_record(0), {"eventID": "event-1", "eventName": "INSERT"}]
    assert lambda_handler({"Records": records}, context) == {"batchItemFailures": [{"itemIdentifier": ""}]}
    assert _published(topic) == {"event-0"}


def test_a_version_that_can_read_no_record_fails(topic: tuple[str, str], context: LambdaContext):
    """The alarm of its release sees that, and Lambda halves the batch."""
    with pytest.raises(KeyError):
        lambda_handler({"Records": [_unreadable(n) for n in range(3)]}, context)
    assert _published(topic) == set()


class _Taking:
    """Takes what it is given, but for the events of some ids; keeps the ids of each batch."""

    def __init__(self, *refused: str) -> None:
        self._refused = refused
        self.batches: list[list[str]] = []

    def publish(self, batch: list[dict[str, Any]]) -> set[int]:
        assert 0 < len(batch) <= 10
        self.batches.append([event["id"] for event in batch])
        return {place for place, event in enumerate(batch) if event["id"] in self._refused}


def _changes(*subjects: int) -> list[dict[str, Any]]:
    """Return a change of each of these aggregates, numbered by their places."""
    records = [_record(subject) for subject in subjects]
    for place, record in enumerate(records):
        record["eventID"] = f"change-{place}"
        record["dynamodb"]["SequenceNumber"] = str(1000 + place)
    return records


def test_a_later_event_does_not_overtake_a_refused_one_of_the_same_aggregate(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """Of others it may: they are published again with the next attempt."""
    topic = _Taking("change-1")
    monkeypatch.setattr(aws, "topic", lambda: topic)
    assert lambda_handler({"Records": _changes(1, 2, 3, 2, 4)}, context) == _reported(1)
    assert topic.batches == [["change-0", "change-1", "change-2"]]


def test_a_batch_has_one_event_of_an_aggregate(context: LambdaContext, monkeypatch: pytest.MonkeyPatch):
    """In the order of the changes, and full where the aggregates differ."""
    topic = _Taking()
    monkeypatch.setattr(aws, "topic", lambda: topic)
    subjects = [*range(12), 11, 11, *range(20, 25)]
    lambda_handler({"Records": _changes(*subjects)}, context)
    assert [len(batch) for batch in topic.batches] == [10, 2, 1, 6]
    ids = [identity for batch in topic.batches for identity in batch]
    assert ids == [f"change-{place}" for place in range(len(subjects))]


class _RefusingTopic:
    """Takes the first batch and refuses the fourth event of the second."""

    def __init__(self) -> None:
        self.published: list[str] = []

    def publish(self, batch: list[dict[str, Any]]) -> set[int]:
        refused = {3} if self.published else set()
        self.published += [event["id"] for event in batch]
        return refused


def test_the_stream_continues_at_the_first_refused_event(
    lines: Lines, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """Nothing after it is published before its turn, nothing is lost, and the log says what was taken."""
    topic = _RefusingTopic()
    monkeypatch.setattr(aws, "topic", lambda: topic)
    answer = lambda_handler({"Records": [_record(n) for n in range(30)]}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1013"}]}
    assert len(topic.published) == 20
    assert SAMPLES.aggregate(13).id not in [line for line in lines() if "ids" in line][1]["ids"]


def test_the_relay_sends_no_request_shortly_before_its_timeout(topic: tuple[str, str]):
    """A timeout would discard the progress. The next call continues at the change."""
    assert lambda_handler({"Records": [_record(n) for n in range(3)]}, LambdaContext(remaining_ms=0)) == _reported(0)
    assert _published(topic) == set()


@pytest.mark.parametrize("failing", [1, 2])
def test_a_failed_request_keeps_the_progress_of_earlier_requests(
    failing: int, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """The stream continues at the first unpublished change. Without progress, the call fails: alarms detect it."""
    topic = _Failing(failing)
    monkeypatch.setattr(aws, "topic", lambda: topic)
    records = {"Records": [_record(n) for n in range(30)]}
    if failing == 1:
        with pytest.raises(ConnectionError):
            lambda_handler(records, context)
    else:
        assert lambda_handler(records, context) == _reported(10)
    assert topic.calls == failing


class _Failing:
    """Fails from one request on."""

    def __init__(self, failing: int) -> None:
        self._failing, self.calls = failing, 0

    def publish(self, _: list[dict[str, Any]]) -> set[int]:
        self.calls += 1
        if self.calls >= self._failing:
            raise ConnectionError("SNS did not answer")
        return set()


def test_published_events_are_counted_by_their_type(context: LambdaContext, capsys: pytest.CaptureFixture[str]):
    """Each event once, over all batches of a call."""
    lambda_handler({"Records": [*(_record(n) for n in range(12)), _record(12, "REMOVE")]}, context)
    counted = totals(capsys.readouterr().out)
    created = PAYMENT.event_by_status[PAYMENT.initial_status]
    assert (counted[created,], counted[PAYMENT.deletion_event,], counted["EventsPublished",]) == (12, 1, 13)
    assert ("EventsRefused",) not in counted


def test_refused_events_are_not_counted_as_published(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """The stream sends it again, and it is counted then."""
    topic = _RefusingTopic()
    monkeypatch.setattr(aws, "topic", lambda: topic)
    lambda_handler({"Records": [_record(n) for n in range(20)]}, context)
    counted = totals(capsys.readouterr().out)
    assert (counted["EventsPublished",], counted["EventsRefused",]) == (19, 1)
    assert counted[PAYMENT.event_by_status[PAYMENT.initial_status],] == 19


def test_the_age_of_an_event_is_that_of_the_oldest_of_its_batch(
    context: LambdaContext, capsys: pytest.CaptureFixture[str]
):
    """From the commit to the publication."""
    records = [_record(n) for n in range(3)]
    for seconds, record in zip((5, 40, 10), records, strict=True):
        record["dynamodb"]["ApproximateCreationDateTime"] = datetime.now(UTC).timestamp() - seconds
    lambda_handler({"Records": records}, context)
    assert totals(capsys.readouterr().out)["EventAge",] == pytest.approx(41, abs=2)


def test_a_newer_versions_record_is_published_as_it_was_written(topic: tuple[str, str], context: LambdaContext):
    """A field more, of any type, and a status whose event this version does not know."""
    more = {"note": "a note", "fee": "1.50", "days": 100, "urgent": True}
    schema = "urn:event-schema:payment:PaymentSettled:1.0"
    settled = _record(1)
    for name, value in {**more, "status": "SETTLED", "dataschema": schema}.items():
        settled["dynamodb"]["NewImage"][name] = TypeSerializer().serialize(value)
    noted, removed = _record(2), _record(3, "REMOVE")
    for image in (noted["dynamodb"]["NewImage"], removed["dynamodb"]["OldImage"]):
        image["note"] = {"S": "a note"}
    assert lambda_handler({"Records": [settled, noted, removed]}, context) == {"batchItemFailures": []}
    by_id = {event["id"]: event for event in _received(topic[1])}
    assert (by_id["event-1"]["type"], by_id["event-1"]["dataschema"]) == ("PaymentSettled", schema)
    assert by_id["event-1"]["data"] == events.payload(SAMPLES.aggregate(1)) | more | {"status": "SETTLED"}
    assert {by_id[event_id]["data"]["note"] for event_id in ("event-2", "event-3")} == {"a note"}
    assert by_id["event-2"]["dataschema"] == PAYMENT.schema_of(PAYMENT.event_by_status[PAYMENT.initial_status])


def _subscribed(arn: str, subscriber: str, context: Context[Any]) -> str:
    """Return the URL of a queue that hears what the stack lets through to a subscriber."""
    sns: Any = boto3.client("sns")
    sqs: Any = boto3.client("sqs")
    url = sqs.create_queue(QueueName=subscriber)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"type": context.labels_for(subscriber, context.events)}
    attributes = {"RawMessageDelivery": "true", "FilterPolicy": json.dumps(policy)}
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue, Attributes=attributes)
    return url


def test_a_subscriber_that_is_ready_gets_both_major_versions(
    topic: tuple[str, str], context: LambdaContext, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with an id of its own, of the same subject and sequence; others get the one before. A change counts once."""
    both = beside(ready=(FRONTEND,))
    monkeypatch.setattr(relay_events, "CONTEXT", both)
    monkeypatch.setattr(relay_events, "_CHANGES", Changes(both))
    queues = {name: _subscribed(topic[0], name, both) for name in (BI, FRONTEND)}
    lambda_handler({"Records": [_record(n) for n in range(12)]}, context)
    old = {event["subject"]: event for event in _received(queues[BI])}
    frontend = {(event["subject"], event["dataschema"]): event for event in _received(queues[FRONTEND])}
    assert (len(old), len(frontend)) == (12, 24)
    for subject, event in old.items():
        assert frontend[subject, f"{SCHEMA}:1.0"] == event
        new = frontend[subject, f"{SCHEMA}:2.0"]
        assert (event["id"], event["sequence"]) == (f"{new['id']}-1", new["sequence"])
        assert faults(event) == []
    assert totals(capsys.readouterr().out)[CREATED,] == 12


def test_the_new_major_version_is_published_once_a_subscriber_is_ready(
    topic: tuple[str, str], context: LambdaContext, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before, the filters of those that are not are made: SNS takes up to 15 minutes to apply them."""
    monkeypatch.setattr(relay_events, "CONTEXT", beside())
    lambda_handler({"Records": [_record(n) for n in range(12)]}, context)
    received = _received(topic[1])
    assert {event["dataschema"] for event in received} == {f"{SCHEMA}:1.0"}
    assert len(received) == 12
    assert totals(capsys.readouterr().out)[CREATED,] == 12


def test_the_stream_continues_at_a_change_of_which_one_version_was_refused(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is published again in both: each is delivered at least once."""
    monkeypatch.setattr(relay_events, "CONTEXT", beside(ready=(BI,)))
    monkeypatch.setattr(aws, "topic", lambda: _Refusing({7}))
    answer = lambda_handler({"Records": [_record(n) for n in range(5)]}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1003"}]}


class _Refusing:
    """Takes all but the events at some places."""

    def __init__(self, refused: set[int]) -> None:
        self._refused = refused

    def publish(self, events: list[dict[str, Any]]) -> set[int]:
        assert len(events) <= 10
        return self._refused
