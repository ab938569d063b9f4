"""Aggregates of a list and in a status, from a table with its indexes."""

from dataclasses import replace
from typing import Any

import pytest
from boto3.dynamodb.conditions import Key
from payment.context import PAYMENT
from payment.model import Payment, Status

from bounded_context import By, Context
from bounded_context.adapters import items
from bounded_context.adapters.dynamodb import AggregateTable
from bounded_context.adapters.items import AggregateShards, Items
from bounded_context.application.queries import list_many, selection
from bounded_context.declaration.structure import EARLIER_INDEX_SHARDS, INDEX_SHARDS
from bounded_context.testing import Samples
from bounded_context_local.testing.plugin import made_table
from tests.application.test_queries import paid_by
from tests.contexts import over_contexts

Shards = AggregateShards[Payment]
ITEMS, FIRST = Items(PAYMENT), PAYMENT.initial_status
Selection = selection(PAYMENT)
samples = Samples(PAYMENT)


@pytest.fixture
def shards(table: Any) -> Shards:
    return AggregateShards(ITEMS, table)


def _ids(shards: Shards, **filters: Any) -> list[str]:
    page = list_many(Selection(**filters), shards)
    ids = [aggregate.id for aggregate in page.aggregates]
    return ids + (_ids(shards, **filters | {"cursor": page.next_cursor}) if page.next_cursor else [])


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_a_list_is_read_page_by_page_and_whole(limit: int, shards: Shards, table: Any):
    """Of it all, and of no other list."""
    stored = AggregateTable(ITEMS, table)
    first = [samples.aggregate(n, list_id="l-1") for n in range(30)]
    second = [samples.aggregate(99, list_id="l-2")]
    for aggregate in (*first, *second):
        stored.add(aggregate)
    assert sorted(_ids(shards, list_id="l-1", limit=limit)) == [aggregate.id for aggregate in first]
    assert _ids(shards, list_id="l-2", status=FIRST, limit=limit) == [aggregate.id for aggregate in second]


@over_contexts
@pytest.mark.usefixtures("aws")
def test_a_queried_aggregate_equals_the_stored_one(context: Context[Any]):
    """With all of its values, from each index that the context has."""
    sample, own, table = Samples(context).aggregate(100, list_id="l-1"), Items(context), made_table(context)
    AggregateTable(own, table).add(sample)
    for field in context.conditions:
        question: Any = {"list": {"list_id": "l-1"}, "status": {"status": context.initial_status}}[field]
        page = list_many(selection(context)(**question), AggregateShards(own, table))
        assert page.aggregates == [sample]


def test_a_list_is_spread_over_partitions():
    """Of a thousand rows in a row, no shard has more than its share by much."""
    stored = [ITEMS.from_aggregate(samples.aggregate(n, list_id="l-1")) for n in range(1000)]
    for attribute in (items.LIST_SHARD, items.STATUS_SHARD):
        keys = [item[attribute] for item in stored]
        assert len(set(keys)) == INDEX_SHARDS
        assert max(keys.count(key) for key in set(keys)) < 2 * 1000 / INDEX_SHARDS


@pytest.mark.parametrize(("written", "all_found"), [(EARLIER_INDEX_SHARDS, True), (INDEX_SHARDS, False)])
def test_the_version_before_finds_rows_in_16_keys(written: int, all_found: bool, shards: Shards, table: Any):
    """It reads no others. This version finds all rows, also rows of both versions."""
    stored = AggregateTable(Items(replace(PAYMENT, index_shards=written)), table)
    rows = [samples.aggregate(n, list_id="l-1") for n in range(40)]
    for row in rows:
        stored.add(row)
    keys = [{items.LIST_SHARD: items.shard("l-1", number)} for number in range(EARLIER_INDEX_SHARDS)]
    counts = [len(table.query(IndexName="by_list", **_equals(key))["Items"]) for key in keys]
    assert (sum(counts) == len(rows)) is all_found
    AggregateTable(ITEMS, table).add(samples.aggregate(99, list_id="l-1"))
    assert sorted(_ids(shards, list_id="l-1", limit=9)) == sorted(row.id for row in [*rows, samples.aggregate(99)])


def _equals(key: dict[str, str]) -> dict[str, Any]:
    [(attribute, value)] = key.items()
    return {"KeyConditionExpression": Key(attribute).eq(value)}


@pytest.mark.parametrize("versions", [(EARLIER_INDEX_SHARDS, INDEX_SHARDS), (INDEX_SHARDS, EARLIER_INDEX_SHARDS)])
@pytest.mark.parametrize("moves", [True, False], ids=["with its status", "without"])
def test_a_change_keeps_the_stored_keys(versions: tuple[int, int], moves: bool, table: Any):
    """A page query that has read the row's key would miss a moved row, or show it twice."""
    creating, changing = (AggregateTable(Items(replace(PAYMENT, index_shards=count)), table) for count in versions)
    for aggregate in (samples.aggregate(n, list_id="l-1") for n in range(20)):
        creating.add(aggregate)
        stored = changing.get(aggregate.id)
        changing.save(stored.moved_to(Status.VERIFIED) if moves else replace(stored, version=2))
    for item in table.scan()["Items"]:
        suffix = items.shard("", items.shard_of(item["payment_id"], versions[0]))
        assert item[items.LIST_SHARD] == f"l-1{suffix}"
        assert item[items.STATUS_SHARD] == item["status"] + suffix


def test_an_aggregate_without_a_list_is_in_no_list():
    """Its item has no place in that index."""
    item = ITEMS.from_aggregate(samples.aggregate(1))
    assert items.LIST_SHARD not in item
    assert item[items.STATUS_SHARD].startswith(f"{FIRST.value}#")


def test_an_item_from_before_the_indexes_is_read_and_not_listed(shards: Shards, table: Any):
    """Its next change brings it in."""
    sample = samples.aggregate(1, list_id="l-1")
    item = ITEMS.from_aggregate(sample)
    table.put_item(Item={name: value for name, value in item.items() if not name.endswith("_shard")})
    stored = AggregateTable(ITEMS, table)
    assert stored.get(sample.id) == sample
    assert _ids(shards, list_id="l-1") == []
    stored.save(replace(sample, version=2))
    assert _ids(shards, list_id="l-1") == [sample.id]


@pytest.mark.usefixtures("aws")
def test_aggregates_with_a_value_come_from_an_index_of_the_field():
    """Every aggregate is in it, whichever version stored it: none has a key of its own for it."""
    context = replace(PAYMENT, queried_by=("list", "payer"))
    table, own = made_table(context), Items(PAYMENT)
    assert context.indexes["by_payer"] == "payer"
    stored = AggregateTable(own, table)
    for number in range(7):
        stored.add(paid_by("Ada" if number % 2 else "Bob", number))
    shards = AggregateShards(Items(context), table)
    filters: Any = {"payer": "Ada", "limit": 2}
    first = list_many(selection(context)(**filters), shards)
    second = list_many(selection(context)(**filters, cursor=first.next_cursor), shards)
    aggregates = [*first.aggregates, *second.aggregates]
    assert aggregates == [paid_by("Ada", number) for number in (1, 3, 5)]


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_aggregates_with_a_value_are_in_the_order_of_a_field(limit: int, newest_first: bool):
    """Also on the pages' borders, between aggregates of the same day, and in either direction."""
    by = By("payer", order="due_date", newest_first=newest_first)
    context = replace(PAYMENT, queried_by=("list", "payer", by))
    table, days = made_table(context), [3, 1, 2, 3, 1, 3]
    stored = AggregateTable(Items(context), table)
    payments = [paid_by("Ada", number, due=day) for number, day in enumerate(days)]
    for payment in (*payments, paid_by("Bob", 99, due=2)):
        stored.add(payment)
    assert context.indexes == {"by_list": "list_shard", "by_payer": "payer", "by_payer_due_date": "payer"}
    pages: list[Any] = [None]
    while pages[-1] is None or pages[-1].next_cursor:
        filters: Any = {"payer": "Ada", "limit": limit, "cursor": pages[-1] and pages[-1].next_cursor}
        pages.append(list_many(selection(context)(**filters), AggregateShards(Items(context), table)))
    read = [payment for page in pages[1:] for payment in page.aggregates]
    assert {payment.id for payment in read} == {payment.id for payment in payments}
    read_days = [payment.details.due_date.day for payment in read]
    assert read_days == sorted(days, reverse=newest_first)
    assert len(read) == len(payments)


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("limit", [1, 2, 100])
def test_an_index_that_contains_other_items_answers_with_aggregates(limit: int):
    """An item of an earlier version, such as a child or a list, may have the attribute of a new query."""
    context = replace(PAYMENT, queried_by=("payer",))
    sample, own, table = samples.aggregate(1), Items(context), made_table(context)
    AggregateTable(own, table).add(sample)
    for key in ("LIST#1", "PAYMENT-NOTE#1#2#3", "ZEBRA#1"):
        table.put_item(Item={"pk": key, "payer": sample.details.payer})
    question: Any = {"payer": sample.details.payer, "limit": limit}
    assert list_many(selection(context)(**question), AggregateShards(own, table)).aggregates == [sample]
