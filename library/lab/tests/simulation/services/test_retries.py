"""Clients repeat a request before their caller sees an error: effects on conditional writes."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError
from pydynox.exceptions import (
    ConnectionException,
    ProvisionedThroughputExceededException,
    PydynoxException,
    TransactionCanceledException,
)

from bounded_context.adapters.conditional import throttling_as_one
from bounded_context.application.ports import Throttled

from .dynamodb import Service, SimBulk, SimTable, Store
from .s3 import Bucket, SimS3
from .scripted_gate import ScriptedGate

_ABSENT = "attribute_not_exists(pk)"


def _table(*faults: str) -> tuple[Store, SimTable, ScriptedGate]:
    gate = ScriptedGate(*faults)
    store = Store("table", gate)
    return store, SimTable(Service(store, gate)), gate


def _code(error: ClientError) -> str:
    response: Any = error.response
    return response["Error"]["Code"]


@pytest.mark.parametrize("fault", ["throttled", "failed", "lost", "unanswered"])
def test_two_faults_are_not_seen(fault: str):
    """The third attempt answers."""
    store, table, gate = _table(fault, fault)
    table.put_item(Item={"pk": "a"})
    assert (list(store.items), len(gate.names)) == (["a"], 3)


def test_a_conditional_write_whose_answer_was_lost_is_refused_by_its_own_effect():
    """The caller cannot distinguish it from another caller's write."""
    store, table, _ = _table("unanswered")
    with pytest.raises(ClientError) as error:
        table.put_item(Item={"pk": "a"}, ConditionExpression=_ABSENT)
    assert _code(error.value) == "ConditionalCheckFailedException"
    assert list(store.items) == ["a"]


def test_an_add_whose_answer_was_lost_is_added_twice():
    """A number counts the write twice. A set does not, therefore the library counts parts in sets."""
    store, table, _ = _table("unanswered")
    values = {":one": 1, ":part": {1}}
    table.update_item(Key={"pk": "a"}, UpdateExpression="ADD n :one, parts :part", ExpressionAttributeValues=values)
    assert store.items["a"] == {"pk": "a", "n": 2, "parts": {1}}


def test_a_transaction_whose_answer_was_lost_has_one_effect():
    """Each attempt has the same token."""
    store, table, gate = _table("unanswered", "unanswered")
    put = {"TableName": "table", "Item": {"pk": "a"}, "ConditionExpression": _ABSENT}
    table.meta.client.transact_write_items(TransactItems=[{"Put": put}])
    assert (list(store.items), len(store.changes), len(gate.names)) == (["a"], 1, 3)


def test_a_token_is_good_for_one_request_and_ten_minutes():
    """Another request with the token is refused. After ten minutes the token is forgotten."""
    _, table, gate = _table()
    client = table.meta.client

    def send(key: str) -> Any:
        put = {"TableName": "table", "Item": {"pk": key}, "ConditionExpression": _ABSENT}
        return client.transact_write_items(TransactItems=[{"Put": put}], ClientRequestToken="token")

    send("a")
    gate.seconds += 599
    send("a")
    with pytest.raises(client.exceptions.IdempotentParameterMismatchException):
        send("b")
    gate.seconds += 2
    with pytest.raises(client.exceptions.TransactionCanceledException):
        send("a")


@pytest.mark.parametrize(
    ("fault", "code"), [("throttled", "ProvisionedThroughputExceededException"), ("failed", "InternalServerError")]
)
def test_three_faults_are_an_error(fault: str, code: str):
    """The table stays empty."""
    store, table, gate = _table(*[fault] * 3)
    with pytest.raises(ClientError) as error:
        table.put_item(Item={"pk": "a"})
    assert (_code(error.value), store.items, len(gate.names)) == (code, {}, 3)


def test_three_lost_answers_are_an_error_after_the_effect():
    """The item is stored all the same."""
    store, table, _ = _table(*["unanswered"] * 3)
    with pytest.raises(HTTPClientError):
        table.put_item(Item={"pk": "a"})
    assert list(store.items) == ["a"]


def test_a_refusal_is_not_sent_again():
    """botocore repeats throttled, failed and unanswered requests only."""
    _, table, gate = _table()
    with pytest.raises(ClientError):
        table.put_item(Item={"pk": ""})
    assert len(gate.names) == 1


@pytest.mark.parametrize("service", ["dynamodb", "s3"])
def test_throttling_is_recognized(service: str):
    """The adapters recognize the codes of throttled requests."""
    _, table, gate = _table(*["throttled"] * 3)
    s3 = SimS3([Bucket("inbox", gate)], gate)
    with pytest.raises(Throttled), throttling_as_one():
        table.put_item(Item={"pk": "a"}) if service == "dynamodb" else s3.put_object(Bucket="inbox", Key="a")


def _bulk(*faults: str) -> tuple[Store, SimBulk, ScriptedGate]:
    gate = ScriptedGate(*faults)
    store = Store("table", gate)
    return store, SimBulk(Service(store, gate)), gate


_DELETE = {"type": "delete", "table": "table", "key": {"pk": "a"}, "condition_expression": "attribute_exists(pk)"}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("throttled", ProvisionedThroughputExceededException),
        ("failed", PydynoxException),
        ("unanswered", ConnectionException),
    ],
)
def test_pydynox_raises_its_own_errors_after_three_attempts(fault: str, error: type[Exception]):
    """The AWS SDK for Rust attempts a request three times."""
    _, bulk, gate = _bulk(*[fault] * 3)
    with pytest.raises(error):
        bulk.sync_batch_get("table", [{"pk": "a"}])
    assert len(gate.names) == 3


def test_pydynox_sends_each_attempt_with_one_token():
    """A removal whose answer was lost is not cancelled by its own effect."""
    store, bulk, gate = _bulk("unanswered")
    store.commit("a", {"pk": "a"})
    bulk.sync_transact_write([_DELETE])
    assert (store.items, len(gate.names)) == ({}, 2)
    with pytest.raises(TransactionCanceledException, match=r"\[ConditionalCheckFailed\]$"):
        bulk.sync_transact_write([_DELETE])
