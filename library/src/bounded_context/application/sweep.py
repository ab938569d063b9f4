"""Uploads that nobody has heard of: files in the inbox that no list was recorded of."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

from ..domain.lists import NotAList, PinnedFile, StoredVersion, is_temporary
from .ports import Files, Lists

AGE: Final = timedelta(minutes=15)
"""From its upload to its list's record a file takes seconds; an event that is retried may take longer."""

SWEEP_MINUTES: Final = 15
"""How often the inbox is listed, which costs a request for 1,000 versions."""

REACH: Final = timedelta(days=14)
"""How far back is looked: as long as the dead-letter queues keep what they hold, and half as long as the bucket keeps
versions that were replaced."""


def unseen(
    files: Files, lists: Lists, now: datetime, age: timedelta = AGE, temporary: Collection[str] = ()
) -> list[StoredVersion]:
    """Return the versions of files that were stored at least ``age`` before ``now`` and are no list's, oldest first.

    What an upload left behind that broke off is no such file, if its event had a tag. Nor are folders, files outside of
    partners' folders and files under a name that ends as one of ``temporary``.
    """
    recent = (one for one in files.arrived() if age <= now - one.modified <= REACH)
    there = [one for one in recent if _is_list(one.file) and not is_temporary(one.file.key, temporary)]
    recorded = lists.recorded([list_id for one in there for list_id in _known_as(one)])
    found = [one for one in there if recorded.isdisjoint(_known_as(one))]
    return sorted(found, key=lambda one: one.modified)


def _known_as(stored: StoredVersion) -> Iterator[str]:
    yield stored.file.list_id
    yield stored.file.broken_off(stored.etag).list_id


def _is_list(file: PinnedFile) -> bool:
    try:
        return bool(file.partner)
    except NotAList:
        return False
