"""Aggregates and lists in a table."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from payment.context import PAYMENT
from payment.model import Payment

from bounded_context import AlreadyExists, Context, NotFound, VersionConflict
from bounded_context.adapters import list_items
from bounded_context.adapters.dynamodb import AggregateTable, ListTable
from bounded_context.adapters.items import TRACEPARENT, Items
from bounded_context.adapters.trace_context import fresh_traceparent
from bounded_context.domain.faults import Fault
from bounded_context.domain.lists import ListStatus, PinnedFile, ReceivedList
from bounded_context.testing import Samples
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
def test_an_aggregate_comes_back_as_it_was_stored(context: Context[Any], table: Any):
    """Amounts, days, numbers and texts survive, and so do status, version and list."""
    aggregates = AggregateTable(Items(context), table)
    sample = Samples(context).aggregate(100, list_id="l-1")
    aggregates.add(sample)
    assert aggregates.get(sample.id) == sample


def test_an_item_is_what_every_version_of_a_context_reads(payments: Payments, table: Any):
    """A canary and a rollback run two versions on one table."""
    payments.add(samples.aggregate(7, list_id="l-1"))
    [item] = table.scan()["Items"]
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", item.pop("traceparent"))
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
    }


def test_an_identity_is_taken_once(payments: Payments):
    """The second is refused and the first stays."""
    payments.add(samples.aggregate(1))
    with pytest.raises(AlreadyExists):
        payments.add(samples.aggregate(1, version=9))
    assert payments.get(samples.aggregate(1).id).version == 1


def test_nothing_is_found_where_nothing_is(payments: Payments):
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


def test_a_list_is_recorded_once(lists: ListTable):
    """Whoever comes second gets the first record."""
    assert lists.register(RECEIVED) == RECEIVED
    assert lists.register(replace(RECEIVED, execution="run-2")) == RECEIVED


def test_progress_and_counts_are_kept(lists: ListTable):
    """What a step found is there for the next."""
    lists.register(RECEIVED)
    lists.progress(RECEIVED.list_id, ListStatus.VALIDATED, rows=10, valid=9, rejected=1)
    recorded = lists.get(RECEIVED.list_id)
    assert (recorded.status, recorded.rows, recorded.valid, recorded.rejected) == (ListStatus.VALIDATED, 10, 9, 1)


def test_findings_by_name_are_kept_exactly(lists: ListTable):
    """Faults and sums, which replace what an earlier try found."""
    lists.register(RECEIVED)
    lists.progress(RECEIVED.list_id, ListStatus.VALIDATED, rejections={"cells": 3})
    sums = {"field": {"OTHER": Decimal("12345678901234567890.10")}}
    lists.progress(RECEIVED.list_id, ListStatus.IMPORTING, rejections={"value": 1, "exists": 2}, amounts=sums)
    recorded = lists.get(RECEIVED.list_id)
    assert recorded.rejections == {Fault.VALUE: 1, Fault.EXISTS: 2}
    assert recorded.amounts == sums


def test_a_list_knows_when_it_was_received(lists: ListTable):
    """From its first record on."""
    before = datetime.now(UTC)
    received_at = lists.register(RECEIVED).received_at
    assert received_at is not None
    assert before <= received_at <= datetime.now(UTC)
    assert lists.register(replace(RECEIVED, execution="run-2")).received_at == received_at


def test_the_first_reason_stays(lists: ListTable):
    """A second refusal does not hide the first."""
    lists.register(RECEIVED)
    lists.refuse(RECEIVED.list_id, "first", rows=3)
    lists.refuse(RECEIVED.list_id, "second")
    recorded = lists.get(RECEIVED.list_id)
    assert (recorded.reason, recorded.status, recorded.rows) == ("first", ListStatus.COMPENSATING, 3)


def test_a_part_counts_once(lists: ListTable, table: Any):
    """A child that is tried again adds nothing."""
    lists.register(RECEIVED)
    for part in (0, 1, 1, 0):
        lists.part_imported(RECEIVED.list_id, part)
    assert table.get_item(Key={"pk": f"LIST#{RECEIVED.list_id}"})["Item"]["imported_parts"] == {0, 1}


def test_a_broken_upload_is_remembered_for_a_month_and_is_no_list(lists: ListTable, table: Any):
    """Its item reaches no reader of the stream, whose filters name keys."""
    at = datetime(2026, 1, 31, 12, tzinfo=UTC)
    lists.remember_broken(RECEIVED.file.broken_off("bytes-42"), at)
    [item] = table.scan()["Items"]
    assert not item["pk"].startswith((list_items.LIST, PAYMENT.key_prefix))
    assert item["expires_at"] == at.timestamp() + 30 * 24 * 60 * 60
    with pytest.raises(LookupError):
        lists.get(RECEIVED.file.broken_off("bytes-42").list_id)


def test_undone_parts_are_counted_once_and_read_again(lists: ListTable):
    """A list that was recorded before has none."""
    assert lists.register(RECEIVED).undone_parts == frozenset()
    for part in (3, 0, 3):
        lists.part_undone(RECEIVED.list_id, part)
    assert lists.get(RECEIVED.list_id).undone_parts == {0, 3}


def test_each_write_keeps_the_place_in_a_trace_that_it_belongs_to(table: Any):
    """The last one's stays with the item, also for the event of its removal."""
    places = iter([fresh_traceparent(), last := fresh_traceparent()])
    payments = AggregateTable(ITEMS, table, lambda: next(places))
    payments.add(samples.aggregate(1))
    payments.save(samples.aggregate(1, version=2))
    [item] = table.scan()["Items"]
    assert item[TRACEPARENT] == last


def test_attributes_that_nobody_knows_are_passed_over(payments: Payments, table: Any):
    """Another version of this context may have written more."""
    unheard_of = {TRACEPARENT: 1, "unheard_of": {"of": {1}}}
    table.put_item(Item=ITEMS.from_aggregate(samples.aggregate(1)) | unheard_of)
    assert payments.get(samples.aggregate(1).id) == samples.aggregate(1)


def test_a_list_keeps_the_place_in_a_trace_where_it_came_in(table: Any):
    """Registering it again changes nothing of that."""
    first, second = fresh_traceparent(), fresh_traceparent()
    assert ListTable(table, lambda: first).register(RECEIVED).traceparent == first
    assert ListTable(table, lambda: second).register(RECEIVED).traceparent == first


@pytest.mark.parametrize("noted", [{}, {TRACEPARENT: "none"}, {TRACEPARENT: 7}])
def test_a_list_without_a_good_place_in_a_trace_is_read(lists: ListTable, table: Any, noted: dict[str, Any]):
    """It was recorded before there was one, or by somebody else."""
    table.put_item(Item=list_items.from_list(RECEIVED) | {"received_at": "2026-01-01T00:00Z"} | noted)
    assert lists.get(RECEIVED.list_id) == RECEIVED
    assert lists.get(RECEIVED.list_id).traceparent is None


def test_an_unknown_list_is_an_error(lists: ListTable):
    """A step never works on a list that was not registered."""
    with pytest.raises(LookupError, match="not recorded"):
        lists.get("nothing")
