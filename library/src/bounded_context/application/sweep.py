"""Unseen uploads: files in the inbox of which no list was recorded."""

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count, islice
from typing import Final

from ..domain.lists import NotAList, PinnedFile, StoredVersion, is_temporary
from .ports import Files, Lists

AGE: Final = timedelta(minutes=15)
"""From its upload to its list's record a file takes seconds; an event that is retried may take longer."""

REACH: Final = timedelta(days=14)
"""How far back is looked: as long as the dead-letter queues keep what they hold, and half as long as the bucket keeps
versions that were replaced. The setting `incoming_days` keeps every upload at least as long."""

Place = tuple[datetime, str, str]
"""An upload's place among all uploads: when it was stored, its key, its version."""

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


def place(stored: StoredVersion) -> Place:
    """Return the place of a version."""
    return stored.modified, stored.file.key, stored.file.version_id


def oldest(found: Iterable[StoredVersion], most: int, after: Place | None = None) -> tuple[list[StoredVersion], int]:
    """Return the first ``most`` versions after a place, oldest first, and how many more there are.

    Holds no more of them at a time.
    """
    numbers = count()
    later = (one for one in found if after is None or place(one) > after)
    page = heapq.nsmallest(most, (one for one, _ in zip(later, numbers, strict=False)), key=place)
    return page, next(numbers) - len(page)


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
