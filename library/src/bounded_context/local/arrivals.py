"""Files that have arrived in the inbox, and the events that say so."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Upload:
    """A file that a partner has uploaded to `path`, which is `/<bucket>/<key>`.

    `arrived` is when all of it was there, in seconds since 1970; `known` are the executions that earlier uploads to its
    path started; `etag` is S3's tag of it, without quotes, where an event says it.
    """

    path: str
    size: int
    arrived: float
    known: list[str]
    etag: str = ""


@dataclass(frozen=True)
class Sent:
    """An event that was put on the bus, and when, in seconds since 1970."""

    time: float
    source: str
    kind: str
    detail: dict[str, Any]
