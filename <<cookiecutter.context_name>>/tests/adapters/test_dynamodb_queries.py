"""Aggregates of a list and in a status, from a table with its indexes."""

from dataclasses import replace
from typing import Any

import pytest

from <<cookiecutter.__package>>.adapters import items
from <<cookiecutter.__package>>.adapters.dynamodb import <<cookiecutter.context_name>>Table
from <<cookiecutter.__package>>.adapters.dynamodb_queries import <<cookiecutter.context_name>>Shards
from <<cookiecutter.__package>>.application.queries import Selection, list_<<cookiecutter.__package>>s
from <<cookiecutter.__package>>.domain.events import FIRST

from tests import samples


@pytest.fixture
def shards(table: Any) -> <<cookiecutter.context_name>>Shards:
    return <<cookiecutter.context_name>>Shards(table)


def _ids(shards: <<cookiecutter.context_name>>Shards, **asked: Any) -> list[str]:
    page = list_<<cookiecutter.__package>>s(Selection(**asked), shards)
    found = [one.id for one in page.<<cookiecutter.__package>>s]
    return found + (_ids(shards, **asked | {"cursor": page.next_cursor}) if page.next_cursor else [])


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_a_list_is_read_page_by_page_and_whole(limit: int, shards: <<cookiecutter.context_name>>Shards, table: Any):
    """Of it all, and of no other list."""
    stored = <<cookiecutter.context_name>>Table(table)
    first = [samples.<<cookiecutter.__package>>(n, list_id="l-1") for n in range(30)]
    second = [samples.<<cookiecutter.__package>>(99, list_id="l-2")]
    for one in (*first, *second):
        stored.add(one)
    assert sorted(_ids(shards, list_id="l-1", limit=limit)) == [one.id for one in first]
    assert _ids(shards, list_id="l-2", status=FIRST, limit=limit) == [one.id for one in second]


def test_what_comes_back_is_what_was_stored(shards: <<cookiecutter.context_name>>Shards, table: Any):
    """With all of its values."""
    sample = samples.<<cookiecutter.__package>>(100)
    <<cookiecutter.context_name>>Table(table).add(sample)
    assert list_<<cookiecutter.__package>>s(Selection(status=FIRST), shards).<<cookiecutter.__package>>s == [sample]


def test_a_list_is_spread_over_partitions():
    """Of a thousand rows in a row, no shard has more than its share by much."""
    stored = [items.from_<<cookiecutter.__package>>(samples.<<cookiecutter.__package>>(n, list_id="l-1")) for n in range(1000)]
    for attribute in (items.LIST_SHARD, items.STATUS_SHARD):
        keys = [item[attribute] for item in stored]
        assert len(set(keys)) == items.SHARDS
        assert max(keys.count(key) for key in set(keys)) < 2 * 1000 / items.SHARDS


def test_one_that_came_with_no_list_is_in_no_list():
    """Its item has no place in that index."""
    item = items.from_<<cookiecutter.__package>>(samples.<<cookiecutter.__package>>(1))
    assert items.LIST_SHARD not in item
    assert item[items.STATUS_SHARD].startswith(f"{FIRST.value}#")


def test_an_item_from_before_the_indexes_is_read_and_not_listed(shards: <<cookiecutter.context_name>>Shards, table: Any):
    """Its next change brings it in."""
    sample = samples.<<cookiecutter.__package>>(1, list_id="l-1")
    item = items.from_<<cookiecutter.__package>>(sample)
    table.put_item(Item={name: value for name, value in item.items() if not name.endswith("_shard")})
    stored = <<cookiecutter.context_name>>Table(table)
    assert stored.get(sample.id) == sample
    assert _ids(shards, list_id="l-1") == []
    stored.save(replace(sample, version=2))
    assert _ids(shards, list_id="l-1") == [sample.id]
