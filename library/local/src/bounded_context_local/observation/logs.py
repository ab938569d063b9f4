"""Parsing of the functions' logs into lines, calls and metric samples.

The emulator writes all lines of a call after the call, to a new stream and with the same timestamp. A line's own
timestamp is more precise.

The format is AWS's Embedded Metric Format ("Specification: Embedded metric format").
"""

import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ..emulator.aws import Aws

PLATFORM = "PLATFORM"
"""The level of Lambda's own lines: the message is START, END or REPORT."""

METRICS = "METRICS"
"""The level of a line in the Embedded Metric Format: `fields` is the record."""

TEXT = "TEXT"
"""The level of a line that is not a JSON object."""

_COMMON_FIELDS = {
    *("level", "location", "message", "timestamp", "service", "version", "sampling_rate", "cold_start"),
    *("function_name", "function_memory_size", "function_arn", "function_request_id", "xray_trace_id"),
}
_MESSAGES = re.compile(r"(START|END|REPORT) RequestId: (\S+)(?: Version: (\S+))?")
_DURATION = re.compile(r"\tDuration: ([\d.]+) ms")
_FAILED = ("Traceback (most recent call last)", "Task timed out after ", "Worker process died")
_OVERLAP_MILLISECONDS = 10_000
"""On a busy machine, the emulator writes a call's lines seconds after their timestamp."""

_PAGE = 10_000


@dataclass(frozen=True)
class LogLine:
    """A line of a function's log. `time` is in seconds since 1970; `fields` is the line's JSON.

    A REPORT has the call's duration in the field `milliseconds`; the time of START is calculated from it.
    """

    function: str
    version: str
    request_id: str
    time: float
    level: str
    message: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def own_fields(self, *omitted: str) -> dict[str, Any]:
        """Return the fields except the omitted fields and the fields that all lines have."""
        return {name: value for name, value in self.fields.items() if name not in (*_COMMON_FIELDS, *omitted)}


class Logs:
    """A reader of the functions' log groups that returns each line once."""

    def __init__(self, aws: Aws, groups: Mapping[str, str]) -> None:
        """Start with the existing lines; `groups` are the log groups' names by function."""
        self.lines: list[LogLine] = []
        self._aws = aws
        self._groups = groups
        self._streams: set[str] = set()
        self._since = dict.fromkeys(groups, 0)
        self._taking = threading.Lock()

    def take(self) -> list[LogLine]:
        """Return the new lines and append them to `lines`."""
        with self._taking:
            new = [line for function in self._groups for line in self._new(function)]
            self.lines += new
            return new

    def _new(self, function: str) -> Iterator[LogLine]:
        streams: dict[str, list[tuple[float, str]]] = {}
        for event in self._events(function):
            streams.setdefault(event["logStreamName"], []).append((event["timestamp"] / 1000, event["message"]))
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
    """Parse a stream's messages, each with its timestamp in seconds."""
    lines: list[LogLine] = []
    request_id = version = ""
    for timestamp, message in messages:
        if own := _MESSAGES.match(message):
            request_id, version = own[2], own[3] or version
        lines.append(_line(LogLine(function, version, request_id, timestamp, TEXT, message)))
    return _with_starts(lines)


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
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _metrics_time(record: Mapping[str, Any], default: float) -> float:
    stamp = record["_aws"].get("Timestamp")
    return stamp / 1000 if isinstance(stamp, int | float) else default


def _own_time(fields: Mapping[str, Any], default: float) -> float:
    """Return the line's own timestamp; Powertools writes `2026-01-31 12:00:00,123+0000`."""
    try:
        return datetime.fromisoformat(str(fields["timestamp"])).timestamp()
    except (KeyError, ValueError):
        return default


def _with_starts(lines: Sequence[LogLine]) -> list[LogLine]:
    """Return the lines, with each START moved to the start of its call."""
    starts = {
        line.request_id: line.time - line.fields["milliseconds"] / 1000
        for line in lines
        if line.message == "REPORT" and "milliseconds" in line.fields
    }
    return [
        replace(line, time=starts.get(line.request_id, line.time))
        if line.level == PLATFORM and line.message == "START"
        else line
        for line in lines
    ]


@dataclass(frozen=True)
class LoggedCall:
    """A call of a function. `began` and `ended` are in seconds since 1970.

    `lines` are the function's own lines, without Lambda's START, END and REPORT.
    """

    function: str
    version: str
    request_id: str
    began: float
    ended: float
    lines: tuple[LogLine, ...]

    @property
    def failed(self) -> bool:
        """Whether the call failed: the emulator then logs a traceback, a timeout or a dead process."""
        return any(line.level == TEXT and line.message.startswith(_FAILED) for line in self.lines)

    @property
    def milliseconds(self) -> float:
        """The duration of the call."""
        return (self.ended - self.began) * 1000


def calls(lines: Iterable[LogLine]) -> list[LoggedCall]:
    """Return the completed calls, sorted by start."""
    by_request: dict[str, list[LogLine]] = {}
    for line in lines:
        by_request.setdefault(line.request_id, []).append(line)
    completed = [call for of_request in by_request.values() if (call := _call(of_request))]
    return sorted(completed, key=lambda call: call.began)


def _call(lines: list[LogLine]) -> LoggedCall | None:
    platform = {line.message: line for line in lines if line.level == PLATFORM}
    start, report = platform.get("START"), platform.get("REPORT")
    if start is None or report is None:
        return None
    own = tuple(line for line in lines if line.level != PLATFORM)
    return LoggedCall(start.function, start.version, start.request_id, start.time, report.time, own)


@dataclass(frozen=True, slots=True)
class Sample:
    """A metric value at a time (seconds since 1970), in CloudWatch's unit.

    With `assumed`, the value is not measured: the run sends zero instead.
    """

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    unit: str
    time: float
    value: float
    assumed: bool = False


def own_metrics(lines: Iterable[LogLine]) -> Iterator[Sample]:
    """Yield the samples in lines of the Embedded Metric Format; skip other lines."""
    for line in lines:
        if line.level == METRICS:
            for directive in line.fields["_aws"].get("CloudWatchMetrics", []):
                yield from _samples(line, directive)


def _samples(line: LogLine, directive: Mapping[str, Any]) -> Iterator[Sample]:
    record = line.fields
    for names in directive.get("Dimensions") or [[]]:
        dimensions = {name: str(record[name]) for name in names}
        for metric in directive["Metrics"]:
            value, unit = record[metric["Name"]], metric.get("Unit", "None")
            for number in value if isinstance(value, list) else [value]:
                yield Sample(directive["Namespace"], metric["Name"], dimensions, unit, line.time, float(number))
