"""Writes that overlap with others, and writes whose answer is lost: each takes effect once, on what was read."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from payment.context import PAYMENT
from payment.model import Payment, Status
from pydynox import DynamoDBClient

from bounded_context import AlreadyExists, NotFound, VersionConflict
from bounded_context.adapters.dynamodb import AggregateTable
from bounded_context.adapters.dynamodb_bulk import ImportedAggregateTable
from bounded_context.adapters.items import Items
from bounded_context.application.calls import time_left
from bounded_context.application.ports import AlreadyTaken, Throttled
from bounded_context.testing import Samples
from bounded_context.testing.functions import TABLE

from .endpoints import inserts

ITEMS, ID = Items(PAYMENT), PAYMENT.identity
samples = Samples(PAYMENT)
SAMPLE = samples.aggregate(1)


class Twice:
    """A table whose every write is sent again after it took effect: its first answer was lost."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self.meta, self.name, self.get_item = self, table.name, table.get_item
        self.client = self

    def _twice(self, write: Callable[..., Any], request: dict[str, Any]) -> Any:
        write(**request)
        return write(**request)

    def put_item(self, **request: Any) -> Any:
        return self._twice(self._table.put_item, request)

    def update_item(self, **request: Any) -> Any:
        return self._twice(self._table.update_item, request)

    def transact_write_items(self, **request: Any) -> Any:
        # DynamoDB recognises the token; moto does not.
        assert request["ClientRequestToken"]
        return self._table.meta.client.transact_write_items(**request)


@pytest.fixture
def payments(table: Any) -> AggregateTable[Payment]:
    return AggregateTable(ITEMS, table)


def test_a_command_whose_answers_are_lost_has_done_its_work(table: Any, payments: AggregateTable[Payment]):
    """It is not refused by its own effect."""
    unlucky: AggregateTable[Payment] = AggregateTable(ITEMS, cast("Any", Twice(table)))
    unlucky.add(SAMPLE)
    unlucky.save(unlucky.get(SAMPLE.id).moved_to(Status.VERIFIED))
    assert payments.get(SAMPLE.id).version == 2
    unlucky.remove(unlucky.get(SAMPLE.id))
    with pytest.raises(NotFound):
        payments.get(SAMPLE.id)


def test_another_command_with_the_same_values_is_refused(payments: AggregateTable[Payment]):
    """The same values are not the same command."""
    payments.add(SAMPLE)
    with pytest.raises(AlreadyExists):
        payments.add(SAMPLE)
    read = payments.get(SAMPLE.id)
    payments.save(read.moved_to(Status.VERIFIED))
    with pytest.raises(VersionConflict):
        payments.save(read.moved_to(Status.VERIFIED))


@pytest.mark.parametrize("imported", [False, True], ids=["by a command", "by a list"])
def test_a_command_changes_only_the_aggregate_that_it_read(
    payments: AggregateTable[Payment], table: Any, imported: bool
):
    """Versions start at 1 again after a removal: the successor is not the one that was read."""
    aggregates = ImportedAggregateTable(ITEMS, PAYMENT.initial_status, DynamoDBClient(), inserts(), TABLE)

    def create(list_id: str) -> None:
        if imported:
            aggregates.import_rows(list_id, [SAMPLE.details.model_dump(mode="json")])
        else:
            payments.add(SAMPLE)

    create("l-1")
    read = payments.get(SAMPLE.id)
    payments.remove(read)
    create("l-2")
    before = table.scan()["Items"]
    with pytest.raises(VersionConflict):
        payments.save(read.moved_to(Status.VERIFIED))
    with pytest.raises(VersionConflict):
        payments.remove(read)
    assert table.scan()["Items"] == before
    payments.save(payments.get(SAMPLE.id).moved_to(Status.VERIFIED))


def test_a_write_waits_for_another_transaction_on_its_item(payments: AggregateTable[Payment], table: Any):
    """Such a conflict says nothing about the command."""
    conflicts = iter(range(3))

    class Busy(Twice):
        def put_item(self, **request: Any) -> Any:
            if next(conflicts, None) is not None:
                raise ClientError({"Error": {"Code": "TransactionConflictException", "Message": ""}}, "PutItem")
            return self._table.put_item(**request)

    AggregateTable(ITEMS, cast("Any", Busy(table))).add(SAMPLE)
    assert payments.get(SAMPLE.id) == SAMPLE


class Vanishing:
    """Inserts that are refused by rows which are gone before anybody reads them."""

    def __init__(self, inserts: Any, vanish: Callable[[], object]) -> None:
        self._inserts, self._vanish = inserts, vanish

    def insert(self, items: Sequence[Any]) -> list[int]:
        refused = self._inserts.insert(items)
        if refused:
            self._vanish()
        return refused


def _rows(count: int) -> list[dict[str, Any]]:
    return [samples.aggregate(n).details.model_dump(mode="json") for n in range(count)]


def _imports(inserted: Any) -> ImportedAggregateTable:
    return ImportedAggregateTable(ITEMS, PAYMENT.initial_status, DynamoDBClient(), inserted, TABLE)


def test_a_row_whose_place_becomes_free_is_written(payments: AggregateTable[Payment], table: Any):
    """A refused row counts as written only if it is there."""
    payments.add(SAMPLE)
    gone = _imports(Vanishing(inserts(), lambda: payments.remove(payments.get(SAMPLE.id))))
    gone.import_rows("l-1", _rows(3))
    assert {item[ID] for item in table.scan()["Items"] if item["list_id"] == "l-1"} == {row[ID] for row in _rows(3)}


def test_a_row_that_another_took_is_a_conflict(payments: AggregateTable[Payment]):
    """Also if the one that refused it is gone."""
    payments.add(SAMPLE)

    def replaced() -> None:
        payments.remove(payments.get(SAMPLE.id))
        payments.add(replace(SAMPLE, list_id="l-2"))

    with pytest.raises(AlreadyTaken):
        _imports(Vanishing(inserts(), replaced)).import_rows("l-1", _rows(3))


def test_undoing_continues_until_the_list_has_no_rows(payments: AggregateTable[Payment], table: Any):
    """A transaction is cancelled as a whole by each row of another that appears meanwhile."""
    _imports(inserts()).import_rows("l-1", _rows(4))
    client = DynamoDBClient()
    appearing = [SAMPLE, samples.aggregate(2), samples.aggregate(3)]

    class Appearing:
        def sync_transact_write(self, operations: list[dict[str, Any]]) -> None:
            if appearing:
                aggregate = appearing.pop()
                table.put_item(Item=ITEMS.from_aggregate(aggregate))
            client.sync_transact_write(operations)

    undone = ImportedAggregateTable(ITEMS, PAYMENT.initial_status, cast("Any", Appearing()), inserts(), TABLE)
    undone.undo_rows("l-1", [row[ID] for row in _rows(4)])
    assert [item for item in table.scan()["Items"] if item.get("list_id") == "l-1"] == []
    assert len(table.scan()["Items"]) == 3


@pytest.mark.usefixtures("table")
def test_a_function_stops_before_lambda_stops_it():
    """The workflow repeats what was throttled, and takes a timeout for a failure."""
    with time_left(0), pytest.raises(Throttled):
        _imports(inserts()).import_rows("l-1", _rows(1))
