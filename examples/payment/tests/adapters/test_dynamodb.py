"""Aggregates and lists in a table."""

from dataclasses import replace
from typing import Any

import pytest

from payment.adapters.dynamodb import ListTable, PaymentTable
from payment.domain.lists import ListStatus, PinnedFile, ReceivedList
from payment.domain.model import AlreadyExists, NotFound, VersionConflict

from tests import samples

RECEIVED = ReceivedList(PinnedFile("inbox", "incoming/acme/x.csv", "v1", 42), "run-1")


@pytest.fixture
def payments(table: Any) -> PaymentTable:
    return PaymentTable(table)


@pytest.fixture
def lists(table: Any) -> ListTable:
    return ListTable(table)


def test_an_aggregate_comes_back_as_it_was_stored(payments: PaymentTable):
    """Amounts, days and texts survive, and so do status, version and list."""
    sample = samples.payment(100, list_id="l-1")
    payments.add(sample)
    assert payments.get(sample.id) == sample


def test_an_identity_is_taken_once(payments: PaymentTable):
    """The second is refused and the first stays."""
    payments.add(samples.payment(1))
    with pytest.raises(AlreadyExists):
        payments.add(samples.payment(1, version=9))
    assert payments.get(samples.payment(1).id).version == 1


def test_nothing_is_found_where_nothing_is(payments: PaymentTable):
    """A missing aggregate is said to be missing."""
    with pytest.raises(NotFound):
        payments.get("nobody")


def test_the_second_of_two_changes_to_one_version_is_refused(payments: PaymentTable):
    """Optimistic concurrency: the first to write wins, the other reads again."""
    payments.add(samples.payment(1))
    payments.save(samples.payment(1, version=2))
    with pytest.raises(VersionConflict, match="no longer at version 1"):
        payments.save(samples.payment(1, version=2))


def test_only_the_version_that_was_read_is_removed(payments: PaymentTable):
    """A change in between saves it."""
    payments.add(samples.payment(1))
    with pytest.raises(VersionConflict):
        payments.remove(samples.payment(1, version=2))
    payments.remove(samples.payment(1))
    with pytest.raises(NotFound):
        payments.get(samples.payment(1).id)


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


def test_an_unknown_list_is_an_error(lists: ListTable):
    """A step never works on a list that was not registered."""
    with pytest.raises(LookupError, match="not recorded"):
        lists.get("nothing")
