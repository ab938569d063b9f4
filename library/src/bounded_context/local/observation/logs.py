"""The functions' logs, line by line, as they appear.

The emulator writes a call's lines when the call is over, all at once and into a stream of its own. It gives every line
that one time; what a line says of its own time is truer.
"""

import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ..aws import Aws

PLATFORM = "PLATFORM"
"""The level of Lambda's own lines: the message is START, END or REPORT."""

METRICS = "METRICS"
"""The level of a line in the Embedded Metric Format: the fields are the record."""

TEXT = "TEXT"
"""The level of a line that is no JSON object."""

_MESSAGES = re.compile(r"(START|END|REPORT) RequestId: (\S+)(?: Version: (\S+))?")
_DURATION = re.compile(r"\tDuration: ([\d.]+) ms")
_OVERLAP_MILLISECONDS = 2_000
_PAGE = 10_000


@dataclass(frozen=True)
class LogLine:
    """A line of a function's log. `time` is in seconds since 1970; `fields` is the line's JSON.

    A REPORT has the field `milliseconds`, how long the call took; START's time is reckoned from it.
    """

    function: str
    version: str
    request_id: str
    time: float
    level: str
    message: str
    fields: Mapping[str, Any] = field(default_factory=dict)


class Logs:
    """Reads the log groups of functions, each line once."""

    def __init__(self, aws: Aws, groups: Mapping[str, str]) -> None:
        """Begin with what is there; `groups` are the log groups' names by function."""
        self.lines: list[LogLine] = []
        self._aws = aws
        self._groups = groups
        self._streams: set[str] = set()
        self._since = dict.fromkeys(groups, 0)
        self._taking = threading.Lock()

    def take(self) -> list[LogLine]:
        """Return the lines that are new, and add them to `lines`."""
        with self._taking:
            new = [line for function in self._groups for line in self._new(function)]
            self.lines += new
            return new

    def _new(self, function: str) -> Iterator[LogLine]:
        streams: dict[str, list[tuple[float, str]]] = {}
        for event in self._events(function):
            streams.setdefault(event["logStreamName"], []).append((event["timestamp"] / 1000, event["message"]))
            # A call may be written a moment later than its time says.
            self._since[function] = max(self._since[function], event["timestamp"] - _OVERLAP_MILLISECONDS)
        for stream in streams.keys() - self._streams:
            self._streams.add(stream)
            yield from parse(function, streams[stream])

    def _events(self, function: str) -> Iterator[dict[str, Any]]:
        pages = self._aws.client("logs").get_paginator("filter_log_events")
        parameters = {"logGroupName": self._groups[function], "startTime": self._since[function], "limit": _PAGE}
        for page in pages.paginate(**parameters):
            yield from page["events"]


def parse(function: str, messages: Iterable[tuple[float, str]]) -> list[LogLine]:
    """Read a stream's messages, each with the time (in seconds) at which it was written."""
    lines: list[LogLine] = []
    request_id = version = ""
    for written, message in messages:
        if own := _MESSAGES.match(message):
            request_id, version = own[2], own[3] or version
        lines.append(_line(LogLine(function, version, request_id, written, TEXT, message)))
    return _begun(lines)


def _line(raw: LogLine) -> LogLine:
    if own := _MESSAGES.match(raw.message):
        took = _DURATION.search(raw.message)
        return replace(raw, level=PLATFORM, message=own[1], fields={"milliseconds": float(took[1])} if took else {})
    fields = _object(raw.message)
    if fields is None:
        return raw
    if isinstance(fields.get("_aws"), dict):
        return replace(raw, level=METRICS, message="", fields=fields, time=_metrics_time(fields, raw.time))
    level, message = str(fields.get("level", TEXT)), str(fields.get("message", ""))
    return replace(raw, level=level, message=message, fields=fields, time=_own_time(fields, raw.time))


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _metrics_time(record: Mapping[str, Any], written: float) -> float:
    stamp = record["_aws"].get("Timestamp")
    return stamp / 1000 if isinstance(stamp, int | float) else written


def _own_time(fields: Mapping[str, Any], written: float) -> float:
    """Return the line's own time: Powertools writes `2026-01-31 12:00:00,123+0000`."""
    try:
        return datetime.fromisoformat(str(fields["timestamp"])).timestamp()
    except (KeyError, ValueError):
        return written


def _begun(lines: Sequence[LogLine]) -> list[LogLine]:
    """Return the lines with each START at the time at which its call began."""
    begun = {
        line.request_id: line.time - line.fields["milliseconds"] / 1000
        for line in lines
        if line.message == "REPORT" and "milliseconds" in line.fields
    }
    return [
        replace(line, time=begun.get(line.request_id, line.time))
        if line.level == PLATFORM and line.message == "START"
        else line
        for line in lines
    ]
