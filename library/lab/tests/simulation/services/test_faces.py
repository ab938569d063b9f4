"""The library's adapters and Powertools on the simulated clients."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent, SQSEvent
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyValidationError
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError
from pydynox.exceptions import TransactionCanceledException

from bounded_context.adapters.dynamodb_bulk import Inserts, existing
from bounded_context.adapters.s3 import InboxBucket
from bounded_context.adapters.services import REASON, DeadLetters
from bounded_context.adapters.services import Topic as TopicAdapter
from bounded_context.adapters.systems import Unanswered
from bounded_context.telemetry import watched
from bounded_context.testing.functions import LambdaContext

from .dynamodb import Service, SimBulk, SimClient, SimSigned, SimTable, Store, record
from .plain_gate import PlainGate
from .s3 import Bucket, SimS3
from .scripted_gate import ScriptedGate
from .sns import SimSns, Topic
from .sqs import Queue, SimSqs, lambda_event


def _store(*faults: str) -> tuple[Store, Service, ScriptedGate]:
    gate = ScriptedGate(*faults)
    store = Store("table", gate)
    return store, Service(store, gate), gate


def _inserts(*faults: str) -> tuple[Store, Inserts, ScriptedGate]:
    store, _, gate = _store(*faults)
    return store, Inserts("table", SimSigned(store, gate)), gate  # pyrefly: ignore[bad-argument-type] (a stand-in)


@pytest.mark.parametrize("fault", ["throttled", "failed", "lost"])
def test_a_batch_of_statements_that_did_not_arrive_is_sent_again(fault: str, monkeypatch: pytest.MonkeyPatch):
    """The adapter repeats it. The connection does not."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    store, inserts, gate = _inserts(fault)
    assert inserts.insert([{"pk": "a"}, {"pk": "b"}]) == []
    assert (list(store.items), len(gate.names)) == (["a", "b"], 2)


def test_a_batch_of_statements_whose_answer_was_lost_finds_its_own_items(monkeypatch: pytest.MonkeyPatch):
    """The repeated batch reports each of its keys as taken."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    _, inserts, _ = _inserts("unanswered")
    assert inserts.insert([{"pk": "a"}, {"pk": "b"}]) == [0, 1]


def test_a_connection_raises_the_errors_of_the_real_one():
    """The adapter repeats the batch after Unanswered."""
    store, _, gate = _store("unanswered")
    with pytest.raises(Unanswered):
        SimSigned(store, gate).post({"X-Amz-Target": "DynamoDB_20120810.BatchExecuteStatement"}, b'{"Statements": []}')


def test_inserted_items_reach_the_stream():
    """The stream has a record for each change, in order. A write of the same item adds no record."""
    store, inserts, _ = _inserts()
    inserts.insert([{"pk": "a", "version": 1}])
    table = SimTable(Service(store, PlainGate()))
    for _ in range(2):
        table.put_item(Item={"pk": "a", "version": 2, "tags": {"x"}})
    table.delete_item(Key={"pk": "a"})
    table.delete_item(Key={"pk": "a"})
    records = list(DynamoDBStreamEvent({"Records": [record(store, change) for change in store.changes]}).records)
    assert [entry.event_name.name for entry in records if entry.event_name] == ["INSERT", "MODIFY", "REMOVE"]
    changes = [entry.dynamodb for entry in records if entry.dynamodb]
    assert [dict(change.old_image or {}).get("version") for change in changes] == [None, 1, 2]
    assert dict(changes[1].new_image or {}) == {"pk": "a", "version": 2, "tags": {"x"}}
    numbers = [str(change.sequence_number) for change in changes]
    assert (len(set(numbers)), sorted(numbers)) == (3, numbers)


def test_pydynox_reads_existing_items():
    """Numbers arrive as int, and a projection limits the attributes."""
    store, service, _ = _store()
    bulk: Any = SimBulk(service)
    SimTable(service).put_item(Item={"pk": "A#1", "list_id": "l", "status": "S", "version": 3})
    assert existing(bulk, "table", "A#", ["1", "2"], consistent=True) == {
        "1": {"pk": "A#1", "list_id": "l", "status": "S"}
    }
    assert bulk.sync_batch_get("table", [{"pk": "A#1"}], projection=["version"]) == [{"version": 3}]
    assert store.items["A#1"]["version"] == 3


def test_pydynox_writes_all_or_nothing():
    """The exception's message ends with a reason for each operation."""
    store, service, _ = _store()
    store.commit("a", {"pk": "a"})
    put = {"type": "put", "table": "table", "item": {"pk": "b", "version": 1}}
    held = {"type": "condition_check", "table": "table", "key": {"pk": "a"}, "condition_expression": "version = :v"}
    with pytest.raises(TransactionCanceledException, match=r"\[None, ConditionalCheckFailed\]$"):
        SimBulk(service).sync_transact_write([put, held | {"expression_attribute_values": {":v": 1}}])
    assert list(store.items) == ["a"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_an_index_is_read_page_by_page(limit: int):
    """DynamoDB gives a last key whenever it stops at the limit, also at the end. The condition is boto3's object."""
    store = Store("table", PlainGate(), {"by_word": "word"})
    table = SimTable(Service(store, PlainGate()))
    for key in "cabd":
        table.put_item(Item={"pk": key, "word": "other" if key == "d" else "a"})
    parameters: Any = {"IndexName": "by_word", "KeyConditionExpression": Key("word").eq("a"), "Limit": limit}
    keys, pages = list[str](), 0
    while True:
        answer = table.query(**parameters)
        keys, pages = keys + [item["pk"] for item in answer["Items"]], pages + 1
        if "LastEvaluatedKey" not in answer:
            break
        parameters["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    assert (keys, pages) == (["a", "b", "c"], 3 // limit + 1)


def _once(service: Service, payloads: list[str]) -> Any:
    config = IdempotencyConfig(event_key_jmespath="key", payload_validation_jmespath="payload")
    config.register_lambda_context(LambdaContext())  # pyrefly: ignore[bad-argument-type] (a stand-in)
    client: Any = SimClient(service)
    layer = DynamoDBPersistenceLayer("table", key_attr="pk", expiry_attr="expires_at", boto3_client=client)

    @idempotent_function(
        data_keyword_argument="message", config=config, persistence_store=layer, key_prefix="simulated"
    )
    def once(*, message: dict[str, Any]) -> dict[str, Any]:
        payloads.append(message["payload"])
        return {"done": message["payload"]}

    return once


def test_powertools_keeps_its_records():
    """A repeated key returns the first answer. A changed payload is refused."""
    _, service, _ = _store()
    payloads = list[str]()
    once = _once(service, payloads)
    for _ in range(2):
        assert once(message={"key": "k", "payload": "a"}) == {"done": "a"}
    with pytest.raises(IdempotencyValidationError):
        once(message={"key": "k", "payload": "b"})
    assert payloads == ["a"]


def test_files_are_read_and_written_by_the_adapter():
    """The adapter reads versions, and recognizes deleted and absent objects."""
    gate = PlainGate()
    bucket = Bucket("inbox", gate)
    client: Any = SimS3([bucket], gate)
    files = InboxBucket(client, "inbox")
    files.write("incoming/acme/x.csv", b"one")
    files.write("incoming/acme/x.csv", b"two")
    newest, oldest = files.versions("incoming/acme/x.csv")
    assert files.open(oldest.file).read() == b"one"
    assert (newest.modified, newest.removed) == (datetime.fromtimestamp(gate.now(), UTC), False)
    client.delete_object(Bucket="inbox", Key="incoming/acme/x.csv")
    assert files.read("incoming/acme/x.csv") is None
    assert len(list(files.arrived())) == 2
    assert files.version("incoming/acme/x.csv", "none") is None


def test_events_reach_the_topics_queues():
    """Lambda's event has the raw message and its attributes."""
    gate = PlainGate()
    queue = Queue("url", gate)
    topic = Topic("arn", gate, [queue])
    client: Any = SimSns(topic, gate)
    event = {"id": "1", "type": "Made", "traceparent": "00-t", "dataschema": "urn:event-schema:thing:Made:1.0"}
    event |= {"subject": "thing-1", "data": {}}
    assert TopicAdapter(client, "arn").publish([event]) == set()
    [message] = SQSEvent(lambda_event(queue.receive())).records
    assert json.loads(message.body) == event
    carried = message.message_attributes["traceparent"]
    assert carried is not None
    assert carried.string_value == "00-t"
    assert len(topic.published) == 1


def test_an_event_whose_answer_was_lost_is_published_twice():
    """SNS delivers at least once."""
    gate = ScriptedGate("unanswered")
    topic = Topic("arn", gate)
    SimSns(topic, gate).publish(TopicArn="arn", Message="m")
    assert [notification.message for notification in topic.published] == ["m", "m"]


def test_refused_events_are_named():
    """The adapter returns the index of the refused entry."""
    gate = PlainGate([False, True, False])
    topic = Topic("arn", gate)
    client: Any = SimSns(topic, gate)
    event = {"type": "Made", "traceparent": "t", "dataschema": "urn:x:1.0", "subject": "thing-1", "data": {}}
    events = [event | {"id": str(n)} for n in range(3)]
    assert TopicAdapter(client, "arn").publish(events) == {1}
    assert [json.loads(notification.message)["id"] for notification in topic.published] == ["0", "2"]


@pytest.mark.parametrize("group", ["", "a b", "g" * 129])
def test_an_invalid_group_is_refused(group: str):
    """Also in a batch, where one entry has it."""
    client: Any = SimSns(Topic("arn", gate := PlainGate()), gate)
    entries = [{"Id": str(n), "Message": "m", "MessageGroupId": group if n else "g"} for n in range(2)]
    with pytest.raises(ClientError, match="MessageGroupId"):
        client.publish(TopicArn="arn", Message="m", MessageGroupId=group)
    with pytest.raises(ClientError, match="MessageGroupId"):
        client.publish_batch(TopicArn="arn", PublishBatchRequestEntries=entries)


def test_dead_letters_are_put_aside_by_the_adapter():
    """The message keeps its body, and its reason as an attribute."""
    gate = PlainGate()
    queue = Queue("url", gate)
    client: Any = SimSqs([queue], gate)
    DeadLetters(client, "url").bury("body", {}, "why")
    [message] = client.receive_message(QueueUrl="url", MessageAttributeNames=["All"])["Messages"]
    assert (message["Body"], message["MessageAttributes"][REASON]["StringValue"]) == ("body", "why")
    client.delete_message(QueueUrl="url", ReceiptHandle=message["ReceiptHandle"])
    assert queue.messages == {}


def test_a_message_that_is_not_deleted_moves_to_the_dead_letters():
    """After the number of receives. Only the newest receipt deletes it, and attributes are returned on request."""
    gate = PlainGate()
    dead = Queue("dead", gate)
    client: Any = SimSqs([Queue("url", gate, redrive=(dead, 2)), dead], gate)
    client.send_message(QueueUrl="url", MessageBody="body", MessageAttributes={"reason": {}})
    parameters = {"QueueUrl": "url", "VisibilityTimeout": 5, "WaitTimeSeconds": 5}
    [first] = client.receive_message(**parameters)["Messages"]
    assert (first["Attributes"], first["MessageAttributes"], client.receive_message(**parameters)) == ({}, {}, {})
    [second] = client.receive_message(**parameters, MessageSystemAttributeNames=["All"])["Messages"]
    client.delete_message(QueueUrl="url", ReceiptHandle=first["ReceiptHandle"])
    assert (second["Attributes"]["ApproximateReceiveCount"], client.receive_message(**parameters)) == ("2", {})
    assert (client.receive_message(**parameters), dead.sent, [*dead.messages]) == ({}, [], [first["MessageId"]])
    assert dead.messages[first["MessageId"]].body == "body"


def test_clients_accept_hooks():
    """The library registers its hooks without an error."""
    _, service, _ = _store()
    table, client = SimTable(service), SimClient(service)
    assert watched(client) is client
    assert watched(table.meta.client) is table.meta.client
