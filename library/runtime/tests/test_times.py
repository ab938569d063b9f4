"""The times of an aggregate: stored with each write, answered and published by choice, and set by tests."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from types import new_class
from typing import Any

import pytest
from payment.context import PAYMENT
from payment.model import Payment, Status
from pydantic import AwareDatetime
from pydynox import DynamoDBClient

from bounded_context import Aggregate, BadContext, Command, Context, Day, Details, EventData, Identifier, now, today
from bounded_context.adapters.dynamodb import AggregateTable
from bounded_context.adapters.dynamodb_bulk import ImportedAggregateTable
from bounded_context.adapters.items import Items
from bounded_context.declaration.context import OWN_FIELDS
from bounded_context.testing import InMemoryAggregates, Samples, on
from bounded_context.testing.functions import TABLE
from bounded_context_cli.contracts.compatibility import breaks
from bounded_context_cli.contracts.openapi.document import document, view
from bounded_context_cli.contracts.published import of_data
from bounded_context_cli.contracts.samples import version_of
from bounded_context_local.testing.plugin import made_table
from bounded_context_operations.repair.reseed.state import StoredStates
from tests.adapters.endpoints import inserts

CREATED, CHANGED = datetime(2030, 1, 1, 8, 30, tzinfo=UTC), datetime(2030, 1, 2, tzinfo=UTC)
TIMED: Context[Any] = replace(PAYMENT, times=True, data=EventData)
TEXTS = {"created_at": "2030-01-01T08:30:00.000Z", "changed_at": "2030-01-02T00:00:00.000Z"}


def test_a_test_sets_the_time() -> None:
    """Of a day, its beginning; a time is converted to UTC."""
    with on(date(2030, 1, 2)):
        assert (now(), today()) == (CHANGED, date(2030, 1, 2))
        with on(datetime.fromisoformat("2030-01-01T09:30:00+01:00")):
            assert (now(), today()) == (CREATED, date(2030, 1, 1))
    assert abs((now() - datetime.now(UTC)).total_seconds()) < 60


@pytest.fixture
def payments(table: Any) -> AggregateTable[Payment]:
    """The payments of the table."""
    return AggregateTable(Items(PAYMENT), table)


def _changed(payments: Any) -> Payment:
    """Create a payment, and change it a day later."""
    with on(CREATED):
        payments.add(Samples(PAYMENT).aggregate(1))
    with on(CHANGED):
        changed = payments.get("id-000001").moved_to(Status.VERIFIED)
        payments.save(changed)
    return changed


def test_each_write_of_a_command_stores_its_time(payments: AggregateTable[Payment], table: Any) -> None:
    """The time of the creation stays; the aggregate has both at once."""
    changed = _changed(payments)
    [item] = table.scan()["Items"]
    assert {name: item[name] for name in TEXTS} == TEXTS
    for aggregate in (changed, payments.get("id-000001")):
        assert (aggregate.created_at, aggregate.changed_at) == (CREATED, CHANGED)


def test_the_adapter_in_memory_has_the_same_times() -> None:
    """Rules of tests see them."""
    payments = InMemoryAggregates(PAYMENT)
    changed = _changed(payments)
    assert (changed.created_at, changed.changed_at) == (CREATED, CHANGED)
    with on(CREATED):
        payments.import_rows("list-1", [Samples(PAYMENT).aggregate(2).values], None)
    assert payments.get("id-000002").created_at == CREATED


@pytest.fixture
def imported(table: Any) -> ImportedAggregateTable:
    """The imported payments of the table."""
    return ImportedAggregateTable(Items(PAYMENT), PAYMENT.initial_status, DynamoDBClient(), inserts(), TABLE)


def test_rows_of_a_list_have_the_time_of_their_import(imported: ImportedAggregateTable, table: Any) -> None:
    """The same for all rows of a write."""
    with on(CREATED):
        imported.import_rows("list-1", [Samples(PAYMENT).aggregate(number).values for number in (1, 2)])
    times = [(item["created_at"], item["changed_at"]) for item in table.scan()["Items"]]
    assert times == [(TEXTS["created_at"], TEXTS["created_at"])] * 2


def test_an_item_without_times_is_read_with_none(payments: AggregateTable[Payment], table: Any) -> None:
    """A change adds the time of the change only."""
    table.put_item(Item=Items(PAYMENT).from_aggregate(Samples(PAYMENT).aggregate(1)))
    read = payments.get("id-000001")
    assert (read.created_at, read.changed_at) == (None, None)
    with on(CHANGED):
        payments.save(read.moved_to(Status.VERIFIED))
    again = payments.get("id-000001")
    assert (again.created_at, again.changed_at) == (None, CHANGED)


def test_answers_and_events_have_the_times_by_choice(payments: AggregateTable[Payment], table: Any) -> None:
    """By default neither has them."""
    _changed(payments)
    [item] = table.scan()["Items"]
    for context, expected in ((PAYMENT, {}), (TIMED, TEXTS)):
        data = StoredStates(context).of_item(item, CHANGED)["data"]
        answer = context.payload(Items(context).to_aggregate(item))
        assert data == answer
        assert {name: data[name] for name in TEXTS if name in data} == expected
        assert view(context).model_validate(data)


def test_the_documents_follow() -> None:
    """Schemas of events as a minor version, OpenAPI, and samples."""
    before, after = (of_data(context, "PaymentRegistered", "1.0") for context in (PAYMENT, TIMED))
    assert after["properties"].keys() - before["properties"].keys() == TEXTS.keys()
    assert list(breaks(before, after)) == []
    assert TIMED.data.model_fields["created_at"].annotation == AwareDatetime | None
    for context, expected in ((PAYMENT, False), (TIMED, True)):
        schema = document(context, "1.0.0")["components"]["schemas"]["View"]
        sent = json.dumps(version_of(context)["sent"])
        assert [("changed_at" in part) for part in (schema["properties"], sent)] == [expected] * 2


def test_the_names_are_reserved() -> None:
    """No field of a context has them."""
    assert TEXTS.keys() <= OWN_FIELDS


class Dated(Details):
    """The details of a context that has a field of such a name."""

    payment_id: Identifier
    created_at: Day | None = None


class TestOwnField:
    """A context that had a field `created_at` before the library had it."""

    @pytest.fixture
    def context(self) -> Context[Any]:
        create = type("RegisterPayment", (Dated,), {"__module__": __name__})
        kind: Any = new_class("Payment", (Aggregate[Dated, Status],))
        rule: Any = PAYMENT.commands[0].rule
        creating = Command.creates(create, rule, Status.REGISTERED, "PaymentRegistered")
        return replace(
            PAYMENT,
            aggregate=kind,
            commands=(creating, *PAYMENT.commands[1:]),
            references={},
            data=EventData,
            versions={},
        )

    @pytest.mark.usefixtures("aws")
    def test_it_keeps_its_values(self, context: Context[Any]):
        """Also without a value, and after a change."""
        payments = AggregateTable(Items(context), made_table(context))
        for number, value in enumerate((None, date(2020, 1, 31))):
            dated: Any = {"payment_id": f"id-{number}", "created_at": value and value.isoformat()}
            payments.add(context.aggregate(Dated.model_validate(dated), Status.REGISTERED))
            payments.save(payments.get(f"id-{number}").moved_to(Status.VERIFIED))
            stored = payments.get(f"id-{number}")
            assert stored.details.created_at == value
            assert stored.created_at is None
            assert stored.changed_at is not None

    def test_it_is_refused_in_answers_with_times(self, context: Context[Any]):
        """They would have two values of one name."""
        with pytest.raises(BadContext, match="'created_at', which every aggregate has"):
            replace(context, times=True)
