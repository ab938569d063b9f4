"""Aggregates and lists in a table."""

import re
from datetime import date
from typing import Any

import pytest
from payment.context import PAYMENT
from payment.model import Payment

from bounded_context import AlreadyExists, Context, NotFound, VersionConflict
from bounded_context.adapters.dynamodb import AggregateTable
from bounded_context.adapters.dynamodb_lists import ListTable
from bounded_context.adapters.items import TRACEPARENT, Items
from bounded_context.domain.events import fresh_traceparent
from bounded_context.domain.lists import PinnedFile, ReceivedList
from bounded_context.testing import Samples, on
from tests.contexts import over_contexts

Payments = AggregateTable[Payment]
ITEMS = Items(PAYMENT)
samples = Samples(PAYMENT)
RECEIVED = ReceivedList(PinnedFile("inbox", "incoming/acme/x.csv", "v1", 42), "run-1")


@pytest.fixture
def payments(table: Any) -> Payments:
    return AggregateTable(ITEMS, table)


@pytest.fixture
def lists(table: Any) -> ListTable:
    return ListTable(table)


@over_contexts
def test_an_aggregate_is_read_as_it_was_stored(context: Context[Any], table: Any):
    """Amounts, days, numbers and texts survive, and so do status, version and list."""
    aggregates = AggregateTable(Items(context), table)
    sample = Samples(context).aggregate(100, list_id="l-1")
    aggregates.add(sample)
    assert aggregates.get(sample.id) == sample


def test_every_version_of_a_context_reads_the_stored_item(payments: Payments, table: Any):
    """A canary and a rollback run two versions on one table."""
    with on(date(2030, 1, 1)):
        payments.add(samples.aggregate(7, list_id="l-1"))
    [item] = table.scan()["Items"]
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", item.pop("traceparent"))
    assert re.fullmatch(r"[0-9a-f]{16}", item.pop("etag"))
    assert item == {
        "pk": "PAYMENT#id-000007",
        "payment_id": "id-000007",
        "subscription_id": "ref-1",
        "amount": "7.50",
        "currency": "EUR",
        "due_date": "2026-01-31",
        "payer": "text 7",
        "status": "REGISTERED",
        "version": 1,
        "status_shard": "REGISTERED#10",
        "list_id": "l-1",
        "list_shard": "l-1#10",
        "created_at": "2030-01-01T00:00:00.000Z",
        "changed_at": "2030-01-01T00:00:00.000Z",
    }


def test_an_identity_is_stored_once(payments: Payments):
    """The second is refused and the first stays."""
    payments.add(samples.aggregate(1))
    with pytest.raises(AlreadyExists):
        payments.add(samples.aggregate(1, version=9))
    assert payments.get(samples.aggregate(1).id).version == 1


def test_a_missing_aggregate_raises_not_found(payments: Payments):
    """A missing aggregate is said to be missing."""
    with pytest.raises(NotFound):
        payments.get("nobody")


def test_the_second_of_two_changes_to_one_version_is_refused(payments: Payments):
    """Optimistic concurrency: the first to write wins, the other reads again."""
    payments.add(samples.aggregate(1))
    payments.save(samples.aggregate(1, version=2))
    with pytest.raises(VersionConflict, match="no longer at version 1"):
        payments.save(samples.aggregate(1, version=2))


def test_only_the_version_that_was_read_is_removed(payments: Payments):
    """A change in between saves it."""
    payments.add(samples.aggregate(1))
    with pytest.raises(VersionConflict):
        payments.remove(samples.aggregate(1, version=2))
    payments.remove(samples.aggregate(1))
    with pytest.raises(NotFound):
        payments.get(samples.aggregate(1).id)


def test_each_write_keeps_its_place_in_a_trace(table: Any):
    """The last one's stays with the item, also for the event of its removal."""
    places = iter([fresh_traceparent(), last := fresh_traceparent()])
    payments = AggregateTable(ITEMS, table, lambda: next(places))
    payments.add(samples.aggregate(1))
    payments.save(samples.aggregate(1, version=2))
    [item] = table.scan()["Items"]
    assert item[TRACEPARENT] == last


def test_unknown_attributes_are_ignored(payments: Payments, table: Any):
    """Another version of this context may have written more."""
    unheard_of = {TRACEPARENT: 1, "unheard_of": {"of": {1}}}
    table.put_item(Item=ITEMS.from_aggregate(samples.aggregate(1)) | unheard_of)
    assert payments.get(samples.aggregate(1).id) == samples.aggregate(1)
