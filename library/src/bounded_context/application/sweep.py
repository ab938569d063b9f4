"""Unseen uploads: files in the inbox of which no list was recorded."""

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from ..domain.lists import NotAList, PinnedFile, StoredVersion, is_temporary
from .ports import Files, Lists

AGE: Final = timedelta(minutes=15)
"""From its upload to its list's record a file takes seconds; an event that is retried may take longer."""

REACH: Final = timedelta(days=14)
"""How far back is looked: as long as the dead-letter queues keep what they hold, and half as long as the bucket keeps
versions that were replaced. The setting `incoming_days` keeps every upload at least as long."""

BATCH: Final = 50
"""Versions that are compared at a time: each is known by two ids, and BatchGetItem takes 100 keys."""


def unseen(
    files: Files, lists: Lists, now: datetime, age: timedelta = AGE, temporary: Collection[str] = ()
) -> Iterator[StoredVersion]:
    """Yield the versions of files that were stored at least ``age`` before ``now`` and are no list's.

    Skips the remains of an upload that broke off, if its event had a tag; folders; files outside of partners' folders;
    and files whose name ends as one of ``temporary``. Holds ``BATCH`` versions at a time, in the order of ``files``.
    """
    recent = (one for one in files.arrived() if age <= now - one.modified <= REACH)
    there = (one for one in recent if _is_list(one.file) and not is_temporary(one.file.key, temporary))
    while batch := list(islice(there, BATCH)):
        yield from _unrecorded(lists, batch)


def oldest(found: Iterable[StoredVersion], most: int) -> list[StoredVersion]:
    """Return the ``most`` versions that were stored first, oldest first, and hold no more of them at a time."""
    return heapq.nsmallest(most, found, key=lambda one: one.modified)


def _unrecorded(lists: Lists, batch: Sequence[StoredVersion]) -> Iterator[StoredVersion]:
    recorded = lists.recorded([list_id for one in batch for list_id in _known_as(one)])
    return (one for one in batch if recorded.isdisjoint(_known_as(one)))


def _known_as(stored: StoredVersion) -> Iterator[str]:
    yield stored.file.list_id
    yield stored.file.broken_off(stored.etag).list_id


def _is_list(file: PinnedFile) -> bool:
    try:
        return bool(file.partner)
    except NotAList:
        return False
