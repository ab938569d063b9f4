"""Changes that a function could not take: read again from moto's stream, given to a function in memory."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.redrive.conftest import CHANGES, READER, Stack
from tests.rollout.clients import error

ITEMS = [f"{kind}#{number}" for number in range(1, 4) for kind in ("ITEM", "LIST")]


class Table:
    """A table with a stream, into which six items were put: three of them are the reader's."""

    def __init__(self, client: Any) -> None:
        table = client("dynamodb")
        self.stream_arn = table.create_table(
            TableName="table",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]["LatestStreamArn"]
        for item in ITEMS:
            table.put_item(TableName="table", Item={"pk": {"S": item}, "n": {"N": "1.50"}, "b": {"B": b"\x00\xff"}})
        self.streams = client("dynamodbstreams")
        description = self.streams.describe_stream(StreamArn=self.stream_arn)["StreamDescription"]
        self.shard = description["Shards"][0]["ShardId"]
        place: Any = {"StreamArn": self.stream_arn, "ShardId": self.shard, "ShardIteratorType": "TRIM_HORIZON"}
        iterator = self.streams.get_shard_iterator(**place)["ShardIterator"]
        records = self.streams.get_records(ShardIterator=iterator)["Records"]
        self.numbers = [record["dynamodb"]["SequenceNumber"] for record in records]

    def message(self, first: int = 0, last: int = 5, arrived: datetime | None = None, **changes: Any) -> dict[str, Any]:
        """What Lambda writes of a batch that it gave up."""
        time = (arrived or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
        info = {
            "shardId": self.shard,
            "startSequenceNumber": self.numbers[first],
            "endSequenceNumber": self.numbers[last],
            "approximateArrivalOfFirstRecord": time,
            "approximateArrivalOfLastRecord": time,
            "batchSize": 3,
            "streamArn": self.stream_arn,
            **changes,
        }
        return {
            "requestContext": {
                "requestId": "c2a5b7f0-0000-1111-2222-333344445555",
                "functionArn": READER,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 101,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "3", "functionError": "Unhandled"},
            "version": "1.0",
            "timestamp": time,
            "DDBStreamBatchInfo": info,
        }


@pytest.fixture
def table(stack: Stack, moto: Any) -> Table:
    """The table, whose stream the stack reads."""
    table = Table(moto)
    stack.streams = table.streams
    return table


def _given(stack: Stack) -> list[list[str]]:
    return [[record["dynamodb"]["Keys"]["pk"]["S"] for record in batch] for batch in stack.functions.given]


def _fails_at(place: int) -> Any:
    return lambda records: {"batchItemFailures": [{"itemIdentifier": records[place]["dynamodb"]["SequenceNumber"]}]}


def test_the_function_gets_the_records_that_it_listens_to(stack: Stack, table: Table):
    """In the stream's order, in the form in which Lambda gives them, and nothing of the other items."""
    stack.queues.put(CHANGES, table.message())
    ran = stack.redrive("reader", "--go")
    assert (ran.status, ran.report["redriven"], stack.queues.bodies(CHANGES)) == (0, 1, [])
    assert _given(stack) == [["ITEM#1", "ITEM#2", "ITEM#3"]]
    record = stack.functions.given[0][0]
    assert (record["eventName"], record["eventSourceARN"]) == ("INSERT", table.stream_arn)
    change = record["dynamodb"]
    assert change["NewImage"] == {"pk": {"S": "ITEM#1"}, "n": {"N": "1.50"}, "b": {"B": "AP8="}}
    assert datetime.now(UTC).timestamp() - change["ApproximateCreationDateTime"] < 60


def test_only_the_place_that_the_message_names_is_read(stack: Stack, table: Table):
    """From its first record to its last, both included."""
    stack.queues.put(CHANGES, table.message(2, 4))
    stack.redrive("reader", "--go")
    assert _given(stack) == [["ITEM#2", "ITEM#3"]]


def test_the_stream_is_not_read_beyond_the_batch(stack: Stack, table: Table, monkeypatch: pytest.MonkeyPatch):
    """Even where its last record is missing."""
    real = table.streams.get_records

    def without_the_last(**parameters: Any) -> Any:
        page = real(**parameters)
        kept = [record for record in page["Records"] if record["dynamodb"]["SequenceNumber"] != table.numbers[3]]
        return page | {"Records": kept}

    monkeypatch.setattr(table.streams, "get_records", without_the_last)
    stack.queues.put(CHANGES, table.message(0, 3))
    stack.redrive("reader", "--go")
    assert _given(stack) == [["ITEM#1", "ITEM#2"]]


def test_an_expired_item_names_ttl_as_its_deleter(stack: Stack, table: Table, monkeypatch: pytest.MonkeyPatch):
    """Lambda writes the names of this one member in another way than the stream."""
    record = {
        "eventName": "REMOVE",
        "userIdentity": {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"},
        "dynamodb": {
            "ApproximateCreationDateTime": datetime.now(UTC),
            "Keys": {"pk": {"S": "ITEM#1"}},
            "SequenceNumber": table.numbers[0],
        },
    }
    monkeypatch.setattr(table.streams, "get_records", lambda **_: {"Records": [record]})
    stack.queues.put(CHANGES, table.message(0, 0))
    stack.redrive("reader", "--go")
    identity = stack.functions.given[0][0]["userIdentity"]
    assert identity == {"principalId": "dynamodb.amazonaws.com", "type": "Service"}


def test_failed_items_are_retried_once(stack: Stack, table: Table):
    """From the first record that it did not take, as the stream would."""
    stack.queues.put(CHANGES, table.message())
    stack.functions.answers = [_fails_at(1)]
    ran = stack.redrive("reader", "--go")
    assert (ran.status, stack.queues.bodies(CHANGES)) == (0, [])
    assert _given(stack) == [["ITEM#1", "ITEM#2", "ITEM#3"], ["ITEM#2", "ITEM#3"]]


def test_records_that_the_function_rejects_twice_stay(stack: Stack, table: Table):
    """The reason has the number of the rejected records."""
    stack.queues.put(CHANGES, table.message())
    stack.functions.answers = [_fails_at(1), _fails_at(0)]
    ran = stack.redrive("reader", "--go")
    assert (ran.status, len(stack.queues.bodies(CHANGES)), len(stack.functions.given)) == (1, 1, 2)
    assert " 2 " in ran.report["failed"][0]["why"]


def test_a_report_on_an_unknown_record_applies_to_all(stack: Stack, table: Table):
    """So does Lambda read it."""
    stack.queues.put(CHANGES, table.message())
    stack.functions.answers = [lambda _: {"batchItemFailures": [{"itemIdentifier": "1"}]}]
    stack.redrive("reader", "--go")
    assert _given(stack) == [["ITEM#1", "ITEM#2", "ITEM#3"]] * 2


def test_a_failing_function_is_not_called_again(stack: Stack, table: Table):
    """The kind of its error is told; its words may say more than anybody should read."""
    stack.queues.put(CHANGES, table.message())
    stack.functions.answers = [lambda _: ValueError("nobody's business")]
    ran = stack.redrive("reader", "--go")
    assert (ran.status, len(stack.functions.given), len(stack.queues.bodies(CHANGES))) == (1, 1, 1)
    assert ran.report["failed"][0]["why"] == "the function failed (ValueError): see its logs"


def test_no_batch_is_larger_than_the_functions_own(stack: Stack, table: Table):
    """And none is given after one that was not taken: the order of an item's changes stays."""
    stack.queues.put(CHANGES, table.message())
    stack.functions.batch_size = 2
    stack.redrive("reader", "--go")
    assert _given(stack) == [["ITEM#1", "ITEM#2"], ["ITEM#3"]]
    stack.functions.given.clear()
    stack.functions.answers = [_fails_at(0), _fails_at(0)]
    stack.queues.put(CHANGES, table.message())
    stack.redrive("reader", "--go")
    assert _given(stack) == [["ITEM#1", "ITEM#2"]] * 2


@pytest.mark.parametrize("code", ["TrimmedDataAccessException", "ResourceNotFoundException"])
def test_records_that_are_gone_leave_the_message(
    stack: Stack, table: Table, monkeypatch: pytest.MonkeyPatch, code: str
):
    """The reason has the place of the records and the command. The run does not discard the message itself."""

    def gone(**_: Any) -> None:
        raise error("GetShardIterator", code)

    monkeypatch.setattr(table.streams, "get_shard_iterator", gone)
    arrived = datetime(2031, 5, 4, 10, 30, tzinfo=UTC)
    stack.queues.put(CHANGES, table.message(arrived=arrived))
    ran = stack.redrive("reader", "--go")
    assert (ran.status, len(stack.queues.bodies(CHANGES)), stack.functions.given) == (1, 1, [])
    [stays] = ran.report["stay"]
    assert "its batch (3, committed from 2031-05-04 10:30:00 to 2031-05-04 10:30:00 UTC" in stays["why"]
    assert table.shard in stays["why"]
    assert '--go --give-up "why"' in stays["why"]


def test_messages_are_given_up_for_a_reason(stack: Stack, table: Table, monkeypatch: pytest.MonkeyPatch):
    """Only those whose records are gone; what they said is printed, since nobody has it any more."""
    real, lost = table.streams.get_shard_iterator, table.message()
    lost["DDBStreamBatchInfo"]["shardId"] = "shardId-of-yesterday"

    def replacement(**parameters: Any) -> Any:
        if parameters["ShardId"] != table.shard:
            raise error("GetShardIterator", "TrimmedDataAccessException")
        return real(**parameters)

    monkeypatch.setattr(table.streams, "get_shard_iterator", replacement)
    stack.queues.put(CHANGES, lost)
    stack.queues.put(CHANGES, table.message())
    stack.queues.put(CHANGES, "not JSON")
    ran = stack.redrive("reader", "--go", "--give-up", "told by hand")
    assert (ran.report["redriven"], stack.queues.bodies(CHANGES)) == (1, ["not JSON"])
    [given_up] = ran.report["given_up"]
    assert (json.loads(given_up["body"]), given_up["why"]) == (lost, "told by hand")
    stack.queues.put(CHANGES, lost)
    assert "shardId-of-yesterday" in stack.say("reader", "--go", "--give-up", "told by hand")[1]


def test_a_look_judges_by_age(stack: Stack, table: Table):
    """A look neither reads the stream nor calls the function."""
    stack.streams = None
    stack.queues.put(CHANGES, table.message(arrived=stack.clock.now() - timedelta(hours=23)))
    stack.queues.put(CHANGES, table.message(arrived=stack.clock.now() - timedelta(hours=25)))
    stack.queues.put(CHANGES, '{"DDBStreamBatchInfo": {"shardId": "s"}}')
    ran = stack.redrive("reader")
    assert (ran.report["would_redrive"], stack.functions.calls) == (1, [])
    unreadable, gone = sorted((stays["why"] for stays in ran.report["would_stay"]), key=lambda why: "--give-up" in why)
    assert ("the SQS console" in unreadable, "its batch (3," in gone, "--give-up" in gone) == (True, True, True)
    sample = ran.report["samples"][0]
    assert (sample["id"], sample["source"]) == (table.numbers[0], "table")
    assert sample["reason"] == "RetryAttemptsExhausted"


BROKEN = [
    {"batchSize": math.inf},
    {"batchSize": math.nan},
    {"approximateArrivalOfFirstRecord": "0001-01-01T00:00:00+01:00"},
    {"approximateArrivalOfLastRecord": 7},
    {"startSequenceNumber": "abc"},
    {"startSequenceNumber": 7},
    {"endSequenceNumber": "abc"},
    {"endSequenceNumber": "9" * 5000},
    {"endSequenceNumber": "0"},
    {"shardId": "\ud800"},
    {"streamArn": None},
]


@pytest.mark.parametrize("changes", BROKEN, ids=lambda changes: str(changes)[:50])
def test_a_message_without_a_place_stays_and_the_others_are_redriven(
    stack: Stack, table: Table, changes: dict[str, Any]
):
    """The message is neither discarded nor counted as redriven. The reason names the console that shows it."""
    broken = stack.queues.put(CHANGES, table.message(arrived=stack.clock.now(), **changes))
    stack.queues.put(CHANGES, table.message(arrived=stack.clock.now()))
    assert stack.redrive("reader").report["would_redrive"] == 1
    ran = stack.redrive("reader", "--go", "--give-up", "told by hand")
    assert (ran.status, ran.report["redriven"], list(stack.queues[CHANGES].messages)) == (1, 1, [broken])
    [stays] = ran.report["stay"]
    assert "the SQS console" in stays["why"]
    assert stays["why"] in stack.say("reader", "--go")[1]


def test_a_message_that_is_nested_too_deep_stays(stack: Stack, table: Table):
    """Python's reader of JSON gives up on it."""
    stack.queues.put(CHANGES, "[" * 200_000)
    stack.queues.put(CHANGES, table.message())
    ran = stack.redrive("reader", "--go")
    assert (ran.status, ran.report["redriven"], len(stack.queues.bodies(CHANGES))) == (1, 1, 1)


def test_a_place_without_its_last_record_is_no_success(stack: Stack, table: Table):
    """The stream returns empty pages without end. The reason names the shard."""
    stack.queues.put(CHANGES, table.message(endSequenceNumber=str(int(table.numbers[-1]) + 1)))
    ran = stack.redrive("reader", "--go")
    assert (ran.status, stack.functions.given) == (1, [])
    assert table.shard in ran.report["failed"][0]["why"]


def test_empty_pages_before_the_records_are_read(stack: Stack, table: Table, monkeypatch: pytest.MonkeyPatch):
    """It may take many calls to get to a part of the shard with records (API reference, GetRecords)."""
    streams, empty = stack.streams, [{"Records": [], "NextShardIterator": ""}] * 50

    def get_records(**place: str) -> Any:
        return {**empty.pop(), "NextShardIterator": place["ShardIterator"]} if empty else read(**place)

    read = streams.get_records
    monkeypatch.setattr(streams, "get_records", get_records)
    stack.queues.put(CHANGES, table.message())
    stack.redrive("reader", "--go")
    assert _given(stack) == [["ITEM#1", "ITEM#2", "ITEM#3"]]


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        ({"dynamodb": {"Keys": {"pk": {"S": [{"suffix": "#1"}]}}}}, "'suffix'"),
        ({"eventName": [{"anything-but": "REMOVE"}]}, "'anything-but'"),
    ],
)
def test_a_filter_that_is_not_supported_is_refused(stack: Stack, table: Table, pattern: Any, part: str):
    """The redrive changes nothing, because it could select too many or too few records. The reason has the filter."""
    stack.queues.put(CHANGES, table.message())
    stack.functions.patterns = [pattern]
    ran = stack.redrive("reader", "--go")
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert part in ran.report["why"]
    assert (len(stack.queues.bodies(CHANGES)), stack.queues.hidden(CHANGES)) == (1, 0)


def test_filters_by_value_and_without_a_filter(stack: Stack, table: Table):
    """One of several patterns is enough; without any, all records are the function's."""
    stack.functions.patterns = [{"dynamodb": {"Keys": {"pk": {"S": ["LIST#2"]}}}}, {"eventName": ["REMOVE"]}]
    stack.queues.put(CHANGES, table.message())
    stack.redrive("reader", "--go")
    stack.functions.patterns = []
    stack.queues.put(CHANGES, table.message())
    stack.redrive("reader", "--go")
    assert _given(stack) == [["LIST#2"], ITEMS]
