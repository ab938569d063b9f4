"""Adapters in memory do what the real ones do: the same tests for both."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydynox import DynamoDBClient

from bounded_context import Aggregates, AlreadyExists, Context, IllegalMove, NotFound, VersionConflict
from bounded_context.adapters.dynamodb import AggregateTable, ListStates
from bounded_context.adapters.dynamodb_bulk import ImportedAggregateTable
from bounded_context.adapters.dynamodb_lists import ListTable
from bounded_context.adapters.items import Items
from bounded_context.adapters.s3 import InboxBucket
from bounded_context.adapters.temporary_database import SqliteSeenIds
from bounded_context.application.calls import GuardedAggregates
from bounded_context.application.ports import AlreadyTaken, Files, ImportedAggregates, Lists, SeenIds
from bounded_context.domain.lists import ListStatus, PinnedFile, ReceivedList
from bounded_context.testing import InMemoryAggregates, InMemoryFiles, InMemoryLists, InMemorySeenIds, Samples
from bounded_context.testing.functions import BUCKET, TABLE
from tests.adapters.endpoints import inserts
from tests.contexts import ORDER, Progress, over_contexts

Stores = tuple[Aggregates[Any], ImportedAggregates]


def _in_memory(context: Context[Any]) -> Stores:
    stored = InMemoryAggregates(context)
    return stored, stored


def _in_a_table(context: Context[Any], table: Any) -> Stores:
    items = Items(context)
    imported = ImportedAggregateTable(items, context.initial_status, DynamoDBClient(), inserts(), TABLE)
    return GuardedAggregates(context.transitions, AggregateTable(items, table), ListStates(table).is_open), imported


@pytest.fixture(params=["in memory", "in a table"])
def stores(request: pytest.FixtureRequest) -> Callable[[Context[Any]], Stores]:
    """Builds a context's aggregates of either make."""
    if request.param == "in memory":
        return _in_memory
    table = request.getfixturevalue("table")
    return lambda context: _in_a_table(context, table)


@over_contexts
def test_aggregates_are_kept_by_version(context: Context[Any], stores: Callable[[Context[Any]], Stores]):
    """Each refusal is the same, to the word."""
    stored, _ = stores(context)
    sample, field = Samples(context).aggregate(1), context.identity
    with pytest.raises(NotFound, match=f"{field} 'id-000001' does not exist"):
        stored.get(sample.id)
    stored.add(sample)
    with pytest.raises(AlreadyExists, match=f"{field} 'id-000001' already exists"):
        stored.add(sample)
    with pytest.raises(VersionConflict, match=r"\b4\b"):
        stored.remove(replace(sample, version=4))
    stored.remove(stored.get(sample.id))
    with pytest.raises(VersionConflict):
        stored.remove(sample)


def test_a_change_is_kept_by_version(stores: Callable[[Context[Any]], Stores]):
    """And only what may follow on where it stood."""
    stored, _ = stores(ORDER)
    sample = Samples(ORDER).aggregate(1)
    stored.add(sample)
    with pytest.raises(IllegalMove, match=r"'id-000001' is PLACED\b.*\bPACKED$"):
        stored.save(sample.moved_to(Progress.SHIPPED))
    stored.save(sample.moved_to(Progress.PACKED))
    with pytest.raises(VersionConflict, match=r"version 1\b"):
        stored.save(sample.moved_to(Progress.PACKED))
    packed = stored.get(sample.id)
    assert (packed.version, packed.status) == (2, Progress.PACKED)
    stored.save(replace(packed, status=Progress.SHIPPED, version=3))
    with pytest.raises(IllegalMove, match=r"SHIPPED\b.*\bPLACED or PACKED$"):
        stored.remove(stored.get(sample.id))
    assert stored.get(sample.id).status is Progress.SHIPPED


@over_contexts
def test_rows_are_created_once_and_undone_by_their_list(
    context: Context[Any], stores: Callable[[Context[Any]], Stores]
):
    """What another list, or a command, has made stays."""
    stored, imported = stores(context)
    rows = [Samples(context).aggregate(n).details.model_dump(mode="json") for n in range(3)]
    identities = [row[context.identity] for row in rows]
    for _ in range(2):
        imported.import_rows("l-1", rows[:2], None)
    assert stored.get(identities[0]) == Samples(context).aggregate(0, list_id="l-1")
    assert imported.taken(identities, "l-1") == set()
    assert imported.taken(identities, "l-2") == set(identities[:2])
    with pytest.raises(AlreadyTaken):
        imported.import_rows("l-2", rows, None)
    imported.undo_rows("l-2", identities)
    assert imported.taken(identities, "l-2") == set(identities[:2])
    imported.undo_rows("l-1", identities)
    assert imported.taken(identities, "l-2") == set()


@pytest.fixture(params=["in memory", "in a table"])
def lists(request: pytest.FixtureRequest) -> Lists:
    """Lists' records of either make."""
    return InMemoryLists() if request.param == "in memory" else ListTable(request.getfixturevalue("table"))


def test_a_list_keeps_its_first_record_and_its_first_reason(lists: Lists):
    """And its counts, and where it stands."""
    received = ReceivedList(PinnedFile("inbox", "incoming/acme/x.csv", "v1", 42), "run-1")
    assert lists.register(received) == received
    lists.progress(received.list_id, ListStatus.VALIDATED, rows=3, valid=2, rejected=1)
    lists.refuse(received.list_id, "first")
    lists.refuse(received.list_id, "second")
    recorded = lists.get(received.list_id)
    assert (recorded.status, recorded.reason, recorded.rows) == (ListStatus.COMPENSATING, "first", 3)
    with pytest.raises(LookupError):
        lists.get("nothing")


@pytest.mark.slow
def test_lists_are_known_by_the_hundred(lists: Lists):
    """Some of many are recorded; one may be asked for twice."""
    received = [ReceivedList(PinnedFile("inbox", f"incoming/acme/{n}.csv", "v1", 42), f"run-{n}") for n in range(120)]
    for record in received[::2]:
        lists.register(record)
    ids = [record.list_id for record in received]
    assert lists.recorded([*ids, *ids]) == {record.list_id for record in received[::2]}
    assert lists.recorded([]) == set()


def test_a_broken_upload_is_listed_with_its_time(lists: Lists):
    """By its list, or by its size: of two of one size, the later counts."""
    file = PinnedFile("inbox", "incoming/acme/x.csv", "v1", 42)
    recorded = lists.register(ReceivedList(file.broken_off("tag"), "run-1"))
    assert lists.broke_off_at(file.broken_off("tag")) == recorded.received_at
    by_size = file.broken_off("bytes-42")
    assert lists.broke_off_at(by_size) is None
    for minute in (1, 2):
        lists.remember_broken(by_size, datetime(2026, 1, 31, 12, minute, tzinfo=UTC))
    assert lists.broke_off_at(by_size) == datetime(2026, 1, 31, 12, 2, tzinfo=UTC)
    assert lists.recorded([by_size.list_id]) == set()


@pytest.fixture(params=["in memory", "in a bucket"])
def files(request: pytest.FixtureRequest) -> Files:
    """Files of either make."""
    return InMemoryFiles() if request.param == "in memory" else InboxBucket(request.getfixturevalue("bucket"), BUCKET)


def test_a_pinned_file_does_not_change(files: Files):
    """Whatever is written under its name later."""
    assert (files.versions("a"), files.read("a")) == ([], None)
    files.write("a", b"first")
    [first] = files.versions("a")
    files.write("a", b"second")
    with files.open(first.file) as stream:
        assert stream.read() == b"first"
    named = files.version("a", first.file.version_id)
    assert named is not None
    assert (named.file, named.etag) == (first.file, first.etag)
    assert [version.file.size for version in files.versions("a")] == [6, 5]
    files.write("incoming/acme/b", b"b")
    assert [version.file.key for version in files.arrived()] == ["incoming/acme/b"]
    assert files.read("a") == b"second"


@pytest.mark.parametrize("make", [InMemorySeenIds, SqliteSeenIds])
def test_the_first_line_of_an_identity_is_remembered(make: Callable[[], SeenIds]):
    """Within a chunk and across chunks."""
    seen = make()
    assert seen.first_lines([("a", 2), ("b", 3), ("a", 4)]) == {4: 2}
    assert seen.first_lines([("b", 5), ("c", 6)]) == {5: 3}
