"""The search for unseen uploads: files in the inbox without a recorded list."""

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count, islice
from typing import Final

from ..domain.lists import StoredVersion, is_list, is_temporary
from .ports import Files, Lists

AGE: Final = timedelta(minutes=15)
"""The minimum age of an unseen upload. A list is recorded seconds after its upload; the retry of an event may take
longer."""

REACH: Final = timedelta(days=14)
"""The maximum age of an unseen upload: the retention of dead-letter queues, and half of the time for which the bucket
keeps replaced versions. The setting `incoming_days` keeps every upload at least as long."""

Place = tuple[datetime, str, str]
"""An upload's position among all uploads: the time at which it was stored, its key, its version."""

BATCH: Final = 50
"""Versions that are compared at a time: each has two ids, and BatchGetItem takes 100 keys."""


def unseen(
    files: Files, lists: Lists, now: datetime, age: timedelta = AGE, temporary: Collection[str] = ()
) -> Iterator[StoredVersion]:
    """Yield the versions of files that were stored at least ``age`` before ``now`` and have no recorded list.

    Skips folders, files outside of partners' folders, and files with an ending in ``temporary``. Also skips the remains
    of a broken upload, if its event had a tag. Holds ``BATCH`` versions at a time, in the order of ``files``.
    """
    recent = (version for version in files.arrived() if age <= now - version.modified <= REACH)
    lists_only = (
        version for version in recent if is_list(version.file) and not is_temporary(version.file.key, temporary)
    )
    while batch := list(islice(lists_only, BATCH)):
        yield from _unrecorded(lists, batch)


def place(version: StoredVersion) -> Place:
    """Return the position of a version."""
    return version.modified, version.file.key, version.file.version_id


def oldest(versions: Iterable[StoredVersion], most: int, after: Place | None = None) -> tuple[list[StoredVersion], int]:
    """Return the first ``most`` versions after a position, oldest first, and the number of further versions.

    Holds at most ``most`` versions at a time.
    """
    numbers = count()
    later = (version for version in versions if after is None or place(version) > after)
    page = heapq.nsmallest(most, (version for version, _ in zip(later, numbers, strict=False)), key=place)
    return page, next(numbers) - len(page)


def _unrecorded(lists: Lists, batch: Sequence[StoredVersion]) -> Iterator[StoredVersion]:
    recorded = lists.recorded([list_id for version in batch for list_id in _ids(version)])
    return (version for version in batch if recorded.isdisjoint(_ids(version)))


def _ids(version: StoredVersion) -> Iterator[str]:
    yield version.file.list_id
    yield version.file.broken_off(version.etag).list_id
