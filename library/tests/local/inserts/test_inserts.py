"""INSERTs that a stream hears of: each new item once, each that is taken told, and nothing that its role may not."""

import json
from typing import Any

import pytest

from bounded_context.tools.local.stand_ins.inserts.callers import keys

from .conftest import Sending
from .world import FUNCTION, INSERT, KEY, QUALIFIERS, ROLE, TABLE, Sender, World, statement

DUPLICATE = {
    "TableName": TABLE,
    "Error": {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"},
}


def test_a_batch_is_one_transaction(function: Sender, world: World):
    """Of puts, which the table's stream hears of."""
    assert function.insert("a", "b") == {"Responses": [{"TableName": TABLE}] * 2}
    assert world.items == {key: {KEY: {"S": key}, "of": {"N": "1"}} for key in "ab"}
    assert world.transactions() == [["a", "b"]]


def test_what_is_taken_is_told_and_kept_and_the_rest_is_written(function: Sender, world: World):
    """Each statement for itself, in their order."""
    world.items = {"b": "another's", "d": "another's"}
    answers = function.insert("a", "b", "c", "d")["Responses"]
    assert answers == [{"TableName": TABLE}, DUPLICATE, {"TableName": TABLE}, DUPLICATE]
    assert (world.items["b"], set(world.items)) == ("another's", set("abcd"))
    assert world.transactions() == [["a", "b", "c", "d"], ["a", "c"]]


def test_what_is_taken_in_the_meantime_is_told_too(function: Sender, world: World):
    """Another's batch may come between two transactions of one."""
    codes = iter([["None", "ConditionalCheckFailed", "None"], ["ConditionalCheckFailed", "None"]])

    def taken() -> tuple[int, Any]:
        found = next(codes, None)
        return (400, {"CancellationReasons": [{"Code": one} for one in found]}) if found else (200, {})

    world.scripted["TransactWriteItems"] = taken
    assert function.insert("a", "b", "c")["Responses"] == [DUPLICATE, DUPLICATE, {"TableName": TABLE}]
    assert world.transactions() == [["a", "b", "c"], ["a", "c"], ["c"]]


def test_all_that_is_taken_ends_it(function: Sender, world: World):
    world.items = {"a": "another's"}
    assert function.insert("a") == {"Responses": [DUPLICATE]}
    assert world.transactions() == [["a"]]


@pytest.mark.parametrize(
    "unread",
    [
        {"Statement": f"INSERT INTO \"{TABLE}\" VALUE {{'{KEY}': 'b'}} RETURNING *"},
        {"Statement": INSERT, "Parameters": [{"S": "b"}]},
        {"Statement": 'DELETE FROM "a-table" WHERE pk = ?', "Parameters": [{"S": "b"}]},
    ],
    ids=["another form", "a parameter is missing", "no INSERT"],
)
def test_a_statement_that_cannot_be_read_is_refused_alone(function: Sender, world: World, unread: dict[str, Any]):
    first, second, third = function.insert("a", unread, "c")["Responses"]
    assert (first, third) == ({"TableName": TABLE}, {"TableName": TABLE})
    assert second["Error"]["Code"] == "ValidationError"
    assert set(world.items) == {"a", "c"}


def test_another_reason_of_a_statement_is_told_as_it_is(function: Sender, world: World):
    reasons = [{"Code": "ValidationError", "Message": "Type mismatch"}]
    world.scripted["TransactWriteItems"] = lambda: (400, {"CancellationReasons": reasons})
    assert function.insert("a")["Responses"] == [{"TableName": TABLE, "Error": reasons[0]}]


@pytest.mark.parametrize("qualifier", QUALIFIERS)
def test_it_is_written_by_the_function_that_sent_it(sending: Sending, world: World, qualifier: str):
    """With its keys, be it called by itself, a version or an alias: so its role is asked."""
    access_key, _ = keys(FUNCTION + qualifier, ROLE)
    sending(access_key).insert("a")
    [headers] = [dict(found) for operation, found, _ in world.seen if operation == "TransactWriteItems"]
    assert f"Credential={access_key}/" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "a token"


def test_who_is_no_function_inserts_nothing(sending: Sending, world: World):
    """Its secret is not known here, and the root's is for nobody else."""
    answer = sending("AKIASOMEBODY").insert("a")
    assert answer["__type"].endswith("#UnrecognizedClientException")
    assert (world.items, world.transactions()) == ({}, [])


@pytest.mark.parametrize(
    "answer",
    [
        (400, b'{"__type": "AccessDeniedException", "Message": "not authorized"}'),
        (400, b'{"__type": "TransactionCanceledException", "CancellationReasons": [{"Code": "None"}]}'),
        (500, b"broken"),
    ],
    ids=["denied", "cancelled without a reason", "broken"],
)
def test_a_batch_that_is_refused_is_answered_so(function: Sender, world: World, answer: tuple[int, bytes]):
    """With the emulator's own words, and once."""
    world.scripted["TransactWriteItems"] = lambda: answer
    status, _, body = function.send("BatchExecuteStatement", {"Statements": [statement("a")]})
    assert (status, body) == answer
    assert len(world.transactions()) == 1


def test_a_table_that_is_not_there_is_told(function: Sender, world: World):
    error = {"__type": "ResourceNotFoundException", "message": "Table: gone not found"}
    world.scripted["DescribeTable"] = lambda: (400, error)
    status, _, body = function.send("BatchExecuteStatement", {"Statements": [statement("a")]})
    assert (status, json.loads(body)["__type"].rpartition("#")[2]) == (400, "ResourceNotFoundException")
    assert world.transactions() == []
