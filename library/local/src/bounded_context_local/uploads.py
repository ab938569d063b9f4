"""Uploaded files, and the events that announce them."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Upload:
    """A file that a partner has uploaded to `path`, which is `/<bucket>/<key>`.

    `arrived` is the time at which the upload was complete, in seconds since 1970. `known` contains the executions that
    earlier uploads to the path started. `etag` is the object's ETag without quotes, or empty if events lack it.
    """

    path: str
    size: int
    arrived: float
    known: list[str]
    etag: str = ""


@dataclass(frozen=True)
class Sent:
    """An event that was put on the bus, with the time in seconds since 1970."""

    time: float
    source: str
    kind: str
    detail: dict[str, Any]
