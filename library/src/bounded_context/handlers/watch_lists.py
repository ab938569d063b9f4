"""WatchLists: tells every minute how old the oldest unfinished list is, also while nothing else happens to it.

Every quarter of an hour it also tells how many uploads nobody has heard of; a person may ask for them at any time.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from .. import aws, measures
from ..application.sweep import AGE, SWEEP_MINUTES, unseen
from ..context import declared
from ..domain.lists import StoredVersion
from ..settings import WatchListsSettings, load
from ..telemetry import count
from ._function import function

ASKED: Final = "unseen"
"""The member of an event that asks for uploads that nobody has heard of."""

MOST: Final = 500
"""So many of them are answered, oldest first: a key has up to 1,024 bytes, and an answer of Lambda up to 6 MB."""


@function(declared(), "watch_lists", WatchListsSettings, [aws.executions, aws.files, aws.lists])
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer ``{"seconds"}``, the age of the oldest unfinished list, 0 if every list is finished.

    Four times an hour the answer also has ``uploads``, the number of those that nobody has heard of.

    To ``{"unseen": {"seconds"}}`` answer ``{"unseen": [{"bucket", "key", "version", "size", "stored"}]}``: the uploads
    that nobody has heard of within that many seconds, or within a quarter of an hour. ``size`` is in bytes.
    """
    if ASKED in event:
        age = timedelta(seconds=(event[ASKED] or {}).get("seconds", AGE.total_seconds()))
        found = _unseen(datetime.now(UTC), age)
        return {ASKED: [_told(one) for one in found[:MOST]]}
    started = aws.executions().oldest_start()
    seconds = 0.0 if started is None else max(0.0, (datetime.now(UTC) - started).total_seconds())
    count(measures.OLDEST_UNFINISHED, seconds)
    at = _sweep_at(event)
    return {"seconds": seconds} if at is None else {"seconds": seconds, "uploads": _swept(at)}


def _sweep_at(event: dict[str, Any]) -> datetime | None:
    """Return the minute of a schedule's event if it is one in which the inbox is listed."""
    at = datetime.fromisoformat(event["time"]) if "time" in event else None
    return at if at is not None and at.minute % SWEEP_MINUTES == 0 else None


def _unseen(at: datetime, age: timedelta) -> list[StoredVersion]:
    return unseen(aws.files(), aws.lists(), at, age, load(WatchListsSettings).temporary_names)


def _swept(at: datetime) -> int:
    found = len(_unseen(at, AGE))
    count(measures.UPLOADS_UNSEEN, found)
    return found


def _told(stored: StoredVersion) -> dict[str, Any]:
    file = stored.file
    named = {"bucket": file.bucket, "key": file.key, "version": file.version_id}
    return {**named, "size": file.size, "stored": stored.modified.isoformat()}
