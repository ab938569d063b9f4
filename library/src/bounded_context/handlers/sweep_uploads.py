"""SweepUploads: counts every quarter of an hour the uploads of which no list was recorded.

An operator may request the unseen uploads at any time.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from .. import aws, measures
from ..application.sweep import AGE, Place, oldest, unseen
from ..context import declared
from ..domain.lists import StoredVersion
from ..settings import SweepUploadsSettings, load
from ..telemetry import count
from ._function import function

ASKED: Final = "unseen"
"""The member of an event that requests the unseen uploads."""

MOST: Final = 500
"""Uploads of an answer, oldest first: a key has up to 1,024 bytes (S3), and an answer up to 6 MB (Lambda)."""


@function(declared(), "sweep_uploads", SweepUploadsSettings, [aws.files, aws.lists])
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Count the unseen uploads and return ``{"uploads"}``, their number. ``time`` of a schedule's event is now.

    To ``{"unseen": {"seconds", "after"}}`` return ``{"unseen": [{"bucket", "key", "version", "size", "stored"}],
    "more"}``: the oldest uploads that are at least that many seconds old, or a quarter of an hour, and how many more
    there are. ``size`` is in bytes. ``after`` is the last upload of the previous answer.

    A sweep that fails counts nothing: the alarm tells a missing count from a count of 0.
    """
    if ASKED in event:
        return _page(event[ASKED] or {})
    at = datetime.fromisoformat(event["time"]) if "time" in event else datetime.now(UTC)
    found = sum(1 for _ in _unseen(at, AGE))
    count(measures.UPLOADS_UNSEEN, found)
    return {"uploads": found}


def _page(asked: dict[str, Any]) -> dict[str, Any]:
    age = timedelta(seconds=asked.get("seconds", AGE.total_seconds()))
    found, more = oldest(_unseen(datetime.now(UTC), age), MOST, _place(asked.get("after")))
    return {ASKED: [_told(one) for one in found], "more": more}


def _place(upload: dict[str, Any] | None) -> Place | None:
    return (datetime.fromisoformat(upload["stored"]), upload["key"], upload["version"]) if upload else None


def _unseen(at: datetime, age: timedelta) -> Iterator[StoredVersion]:
    return unseen(aws.files(), aws.lists(), at, age, load(SweepUploadsSettings).temporary_names)


def _told(stored: StoredVersion) -> dict[str, Any]:
    file = stored.file
    named = {"bucket": file.bucket, "key": file.key, "version": file.version_id}
    return {**named, "size": file.size, "stored": stored.modified.isoformat()}
