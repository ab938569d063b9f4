"""Aggregates of a list and in a status, from a table with its indexes."""

from dataclasses import replace
from typing import Any

import pytest

from payment.adapters import items
from payment.adapters.dynamodb import PaymentTable
from payment.adapters.dynamodb_queries import PaymentShards
from payment.application.queries import Selection, list_payments
from payment.domain.events import FIRST

from tests import samples


@pytest.fixture
def shards(table: Any) -> PaymentShards:
    return PaymentShards(table)


def _ids(shards: PaymentShards, **asked: Any) -> list[str]:
    page = list_payments(Selection(**asked), shards)
    found = [one.id for one in page.payments]
    return found + (_ids(shards, **asked | {"cursor": page.next_cursor}) if page.next_cursor else [])


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_a_list_is_read_page_by_page_and_whole(limit: int, shards: PaymentShards, table: Any):
    """Of it all, and of no other list."""
    stored = PaymentTable(table)
    first = [samples.payment(n, list_id="l-1") for n in range(30)]
    second = [samples.payment(99, list_id="l-2")]
    for one in (*first, *second):
        stored.add(one)
    assert sorted(_ids(shards, list_id="l-1", limit=limit)) == [one.id for one in first]
    assert _ids(shards, list_id="l-2", status=FIRST, limit=limit) == [one.id for one in second]


def test_what_comes_back_is_what_was_stored(shards: PaymentShards, table: Any):
    """With all of its values."""
    sample = samples.payment(100)
    PaymentTable(table).add(sample)
    assert list_payments(Selection(status=FIRST), shards).payments == [sample]


def test_a_list_is_spread_over_partitions():
    """Of a thousand rows in a row, no shard has more than its share by much."""
    stored = [items.from_payment(samples.payment(n, list_id="l-1")) for n in range(1000)]
    for attribute in (items.LIST_SHARD, items.STATUS_SHARD):
        keys = [item[attribute] for item in stored]
        assert len(set(keys)) == items.SHARDS
        assert max(keys.count(key) for key in set(keys)) < 2 * 1000 / items.SHARDS


def test_one_that_came_with_no_list_is_in_no_list():
    """Its item has no place in that index."""
    item = items.from_payment(samples.payment(1))
    assert items.LIST_SHARD not in item
    assert item[items.STATUS_SHARD].startswith(f"{FIRST.value}#")


def test_an_item_from_before_the_indexes_is_read_and_not_listed(shards: PaymentShards, table: Any):
    """Its next change brings it in."""
    sample = samples.payment(1, list_id="l-1")
    item = items.from_payment(sample)
    table.put_item(Item={name: value for name, value in item.items() if not name.endswith("_shard")})
    stored = PaymentTable(table)
    assert stored.get(sample.id) == sample
    assert _ids(shards, list_id="l-1") == []
    stored.save(replace(sample, version=2))
    assert _ids(shards, list_id="l-1") == [sample.id]
