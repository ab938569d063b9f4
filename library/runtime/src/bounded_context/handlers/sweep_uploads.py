"""SweepUploads: counts the unseen uploads, for which no list was recorded, every 15 minutes.

An operator may request the unseen uploads at any time.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from .. import aws
from ..application.inbound import AGE, Place, oldest, unseen
from ..declaration import measures
from ..declaration.context import declared
from ..domain.lists import StoredVersion
from ..settings import SweepUploadsSettings, load
from ..telemetry import count
from ._function import function

ASKED: Final = "unseen"
"""The member of an event that requests the unseen uploads."""

MOST: Final = 500
"""The maximum number of uploads in an answer. A key has up to 1,024 bytes (S3), an answer up to 6 MB (Lambda)."""


@function(declared(), "sweep_uploads", SweepUploadsSettings, [aws.files, aws.lists])
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Count the unseen uploads and return ``{"uploads"}``, their number. A schedule's ``time`` is the current time.

    For ``{"unseen": {"seconds", "after"}}`` return ``{"unseen": [{"bucket", "key", "version", "size", "stored"}],
    "more"}``: the oldest uploads that are at least that many seconds old (15 minutes by default), and the number of
    further uploads. ``size`` is in bytes. ``after`` is the last upload of the previous answer.

    A failed sweep publishes no count. The alarm distinguishes a missing count from a count of 0.
    """
    if ASKED in event:
        return _page(event[ASKED] or {})
    at = datetime.fromisoformat(event["time"]) if "time" in event else datetime.now(UTC)
    uploads = sum(1 for _ in _unseen(at, AGE))
    count(measures.UPLOADS_UNSEEN, uploads)
    return {"uploads": uploads}


def _page(request: dict[str, Any]) -> dict[str, Any]:
    age = timedelta(seconds=request.get("seconds", AGE.total_seconds()))
    versions, more = oldest(_unseen(datetime.now(UTC), age), MOST, _place(request.get("after")))
    return {ASKED: [_as_json(version) for version in versions], "more": more}


def _place(upload: dict[str, Any] | None) -> Place | None:
    return (datetime.fromisoformat(upload["stored"]), upload["key"], upload["version"]) if upload else None


def _unseen(at: datetime, age: timedelta) -> Iterator[StoredVersion]:
    return unseen(aws.files(), aws.lists(), at, age, load(SweepUploadsSettings).temporary_names)


def _as_json(version: StoredVersion) -> dict[str, Any]:
    file = version.file
    members = {"bucket": file.bucket, "key": file.key, "version": file.version_id}
    return {**members, "size": file.size, "stored": version.modified.isoformat()}
