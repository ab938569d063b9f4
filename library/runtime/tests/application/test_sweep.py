"""Uploads that nobody has heard of: what lies in the inbox against the lists that are recorded."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import md5

import pytest
from payment.context import PAYMENT

from bounded_context.adapters.dynamodb_lists import MOST_KEYS
from bounded_context.application.inbound import AGE, BATCH, REACH, oldest, place, unseen
from bounded_context.application.list_import import Upload
from bounded_context.domain.lists import StoredVersion
from tests.application.world import KEY, World

LATER = AGE + timedelta(minutes=1)


@pytest.fixture
def world() -> World:
    """Everything in memory; files are stored now."""
    return World(PAYMENT)


def _keys(world: World, later: timedelta = LATER) -> list[str]:
    return [upload.file.key for upload in unseen(world.files, world.lists, datetime.now(UTC) + later)]


def test_a_file_whose_event_was_lost_is_noticed_until_it_is_a_list(world: World):
    """By the version of which no list is recorded."""
    world.files.write(KEY, b"id\n1\n")
    assert _keys(world) == [KEY]
    world.announced(Upload("inbox", KEY, "1"), "run-1")
    assert _keys(world) == []


def test_a_replaced_version_is_noticed(world: World):
    """Of two daily lists, the event of the first was lost."""
    for data in (b"monday", b"tuesday"):
        world.files.write(KEY, data)
    world.announced(Upload("inbox", KEY, size=len(b"tuesday")), "run-1")
    [lost] = unseen(world.files, world.lists, datetime.now(UTC) + LATER)
    assert (lost.file.version_id, lost.file.size) == ("1", len(b"monday"))


@pytest.mark.parametrize("later", [timedelta(0), AGE - timedelta(minutes=1), REACH + timedelta(days=1)])
def test_a_file_is_waited_for_a_while_and_not_looked_for_for_ever(world: World, later: timedelta):
    """Its event may be under way; what is older than the dead letters was told long ago."""
    world.files.write(KEY, b"id\n1\n")
    assert _keys(world, later) == []


@pytest.mark.parametrize("key", ["incoming/acme/", "incoming/acme/2026/", "incoming/stray.csv"])
def test_objects_that_are_not_lists_are_not_missed(world: World, key: str):
    """Folders, and what lies outside of partners' folders."""
    world.files.write(key, b"")
    assert _keys(world) == []


def test_an_unfinished_upload_is_not_missed(world: World):
    """Its name says so; it has to be renamed before anybody waits for it."""
    world.files.write(f"{KEY}.Part", b"")
    later = datetime.now(UTC) + LATER
    assert list(unseen(world.files, world.lists, later, temporary=[".tmp", ".part"])) == []
    assert len(list(unseen(world.files, world.lists, later, temporary=[".tmp"]))) == 1


def test_the_remains_of_a_broken_upload_are_not_missed(world: World):
    """Half a list must not be taken for one: by its tag it is known, however often its event comes."""
    world.files.write(KEY, half := b"id\n1")
    etag = md5(half, usedforsecurity=False).hexdigest()
    world.announced(Upload("inbox", KEY, broken_by="event-1", size=len(half), etag=etag), "run-1")
    assert _keys(world) == []
    world.files.write(KEY, b"id\n1\n")
    assert [upload.file.version_id for upload in unseen(world.files, world.lists, datetime.now(UTC) + LATER)] == ["2"]


def test_a_whole_file_of_the_size_of_a_broken_upload_is_missed(world: World):
    """By its size alone nothing is known to be left behind: the sweep asks a person rather than lose a list."""
    world.announced(Upload("inbox", KEY, broken_by="event-1", size=5), "run-1")
    world.files.write(KEY, b"id\n1\n")
    assert _keys(world) == [KEY]


def test_the_oldest_upload_is_first(world: World, monkeypatch: pytest.MonkeyPatch):
    """Its partner waits longest."""
    days = _stored(world, [1, 3, 2])
    monkeypatch.setattr(world.files, "arrived", lambda: days)
    uploads, more = oldest(unseen(world.files, world.lists, datetime.now(UTC)), most=2)
    assert ([upload.file.version_id for upload in uploads], more) == (["3", "2"], 1)
    uploads, more = oldest(unseen(world.files, world.lists, datetime.now(UTC)), 2, place(uploads[-1]))
    assert ([upload.file.version_id for upload in uploads], more) == (["1"], 0)


def test_an_inbox_of_any_size_is_read_in_constant_memory(world: World, monkeypatch: pytest.MonkeyPatch):
    """Of versions, and of keys that are asked for, only a batch is held at a time."""
    read, counts, stored = [0], list[int](), _stored(world, [1] * 10 * BATCH)

    def arrived() -> Iterator[StoredVersion]:
        for version in stored:
            read[0] += 1
            yield version

    def recorded(list_ids: Sequence[str]) -> set[str]:
        counts.append(len(list_ids))
        return set()

    monkeypatch.setattr(world.files, "arrived", arrived)
    monkeypatch.setattr(world.lists, "recorded", recorded)
    uploads = unseen(world.files, world.lists, datetime.now(UTC))
    next(uploads)
    assert read == [BATCH]
    assert len(list(uploads)) == 10 * BATCH - 1
    assert max(counts) <= MOST_KEYS


def _stored(world: World, days: list[int]) -> list[StoredVersion]:
    """Versions that were stored so many days ago, which is also what they are called."""
    world.files.write(KEY, b"x")
    [version] = world.files.arrived()
    return [
        replace(version, file=replace(version.file, version_id=f"{age}"), modified=version.modified - timedelta(age))
        for age in days
    ]
