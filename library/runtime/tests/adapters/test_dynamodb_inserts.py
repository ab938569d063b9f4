"""New items by 25: what is taken is told, what is turned away is sent again, and all else is an error."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from bounded_context.adapters.dynamodb_bulk import AT_ONCE, Inserts
from bounded_context.application.ports import Throttled
from bounded_context_local.testing.plugin import set_account

from .endpoints import Answer, answering, inserts

Codes = Sequence[str | None]


class Scripted:
    """DynamoDB, which answers requests in turn with these codes of their statements' errors, and then with none."""

    def __init__(self, *turns: Codes | tuple[int, Any]) -> None:
        self.turns = list(turns)
        self.sent: list[list[str]] = []

    def __call__(self, body: dict[str, Any]) -> tuple[int, Any]:
        self.sent.append([statement["Parameters"][0]["S"] for statement in body["Statements"]])
        turn = self.turns.pop(0) if self.turns else [None] * len(body["Statements"])
        if isinstance(turn, tuple):
            return cast("tuple[int, Any]", turn)
        errors = [{} if code is None else {"Error": {"Code": code, "Message": "no"}} for code in turn]
        return 200, {"Responses": [{"TableName": "table", **error} for error in errors]}


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], Any]:
    monkeypatch.setattr("time.sleep", lambda _: None)

    @contextmanager
    def reach(answer: Answer) -> Iterator[Inserts]:
        with answering(answer) as url:
            set_account(monkeypatch, url)
            yield inserts()

    return reach


def _items(count: int) -> list[dict[str, Any]]:
    return [{"pk": f"k-{n}", "n": n} for n in range(count)]


def test_an_inserted_item_is_read_unchanged(table: Any):
    """Of every type, whatever its letters are."""
    item = {"pk": "k", "text": "it's ? {'a'}: é\n\"", "amount": Decimal("1.50"), "count": 7, "flag": True, "none": None}
    assert inserts().insert([item]) == []
    assert table.scan()["Items"] == [item]


def test_an_existing_key_is_returned_and_not_overwritten(table: Any):
    """The others are written: more than a batch takes, too."""
    table.put_item(Item={"pk": "k-3", "mine": True})
    table.put_item(Item={"pk": "k-30", "mine": True})
    assert inserts().insert(_items(60)) == [3, 30]
    items = {item["pk"]: item for item in table.scan()["Items"]}
    assert len(items) == 60
    assert items["k-3"] == {"pk": "k-3", "mine": True}


def test_throttled_items_are_sent_again_alone(reached: Any):
    """And what is taken is not asked for again."""
    busy = Scripted(
        [None, "ThrottlingError", "DuplicateItem", "ProvisionedThroughputExceeded"], ["TransactionConflict", None]
    )
    with reached(busy) as table:
        assert table.insert(_items(4)) == [2]
    assert busy.sent == [["k-0", "k-1", "k-2", "k-3"], ["k-1", "k-3"], ["k-1"]]


@pytest.mark.parametrize(
    "turn",
    [
        (400, {"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}),
        (400, {"__type": "com.amazon.coral.availability#ThrottlingException", "Message": "Rate exceeded"}),
        (500, {"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"}),
        (503, b"<html>"),
    ],
    ids=["throughput", "throttled", "broken", "unavailable"],
)
def test_a_throttled_batch_is_sent_again(reached: Any, turn: tuple[int, Any]):
    """As a whole."""
    busy = Scripted(turn, turn)
    with reached(busy) as table:
        assert table.insert(_items(2)) == []
    assert busy.sent == [["k-0", "k-1"]] * 3


def test_a_table_that_never_has_time_is_an_error(reached: Any):
    """The workflow tries the part again, later."""
    with reached(Scripted(*[["ThrottlingError"]] * 8)) as table, pytest.raises(Throttled):
        table.insert(_items(1))


@pytest.mark.parametrize(
    ("turn", "code"),
    [
        (["AccessDenied"], "AccessDenied"),
        (["ValidationError"], "ValidationError"),
        (
            (400, {"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "not authorized"}),
            "AccessDenied",
        ),
        ((400, b"no JSON"), "400"),
    ],
)
def test_another_error_is_raised_at_once(reached: Any, turn: Any, code: str):
    """With its code."""
    refused = Scripted(turn)
    with reached(refused) as table, pytest.raises(ClientError) as error:
        table.insert(_items(1))
    assert code in str(error.value)
    assert len(refused.sent) == 1


def test_a_closed_connection_is_opened_again(reached: Any):
    """As one is that stood from before the function was frozen; what was written already is taken, by oneself."""
    answers = Scripted()
    with reached(answers) as table:
        table.insert(_items(1))
        table._dynamodb._connection.sock.close()
        assert table.insert(_items(1)) == []
    assert len(answers.sent) == 2


@given(count=st.integers(0, 4 * AT_ONCE))
def test_every_item_is_sent_once_and_no_batch_is_too_large(count: int):
    """Whatever their number."""
    sent = list[list[str]]()

    class Recorded(Inserts):
        def _send(self, statements: list[str]) -> Any:
            sent.append([json.loads(statement)["Parameters"][0]["S"] for statement in statements])
            return {"Responses": [{} for _ in statements]}

    Recorded("table", None).insert(_items(count))  # pyrefly: ignore[bad-argument-type] (sends nothing)
    assert [key for batch in sent for key in batch] == [item["pk"] for item in _items(count)]
    assert all(0 < len(batch) <= AT_ONCE for batch in sent)
