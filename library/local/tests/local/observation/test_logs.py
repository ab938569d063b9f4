"""Logs as they are read: every line once, with its own time."""

from typing import Any

import pytest

from bounded_context_local.observation.logs import METRICS, PLATFORM, TEXT, Logs, calls, own_metrics

from ..conftest import RecordingAws
from .lines import call, emf, stamp


def test_each_kind_of_line_is_read() -> None:
    """Lambda's own, a JSON line with its own time, a metric, and what is neither."""
    fields = {"level": "INFO", "message": "list registered", "timestamp": stamp(5.25), "list_id": "l-1"}
    start, line, record, text, end, report = call(
        "one", "r-1", 6.0, 2.0, fields, emf(["service"], service="s", Rows=1), "boom"
    )
    assert (start.level, start.message, start.time, start.version) == (PLATFORM, "START", 4.0, "3")
    assert (line.level, line.message, line.time, line.fields["list_id"]) == ("INFO", "list registered", 5.25, "l-1")
    assert (record.level, record.time) == (METRICS, 5.5)
    assert (text.level, text.message, text.fields) == (TEXT, "boom", {})
    assert (end.message, report.message, report.time) == ("END", "REPORT", 6.0)
    assert {(entry.function, entry.request_id, entry.version) for entry in (line, record, text, end)} == {
        ("one", "r-1", "3")
    }


@pytest.mark.parametrize("message", ["", "3", "[]", "{", '{"timestamp": "soon"}', '{"_aws": 1}'])
def test_odd_lines_do_no_harm(message: str) -> None:
    """They keep the time at which they were written."""
    lines = call("one", "r-1", 6.0, 2.0, message)
    assert lines[1].time == 6.0
    assert list(own_metrics(lines)) == []


def test_a_call_is_put_together_from_its_lines() -> None:
    first = call("one", "r-1", 6.0, 2.0, {"level": "INFO", "message": "done"})
    broken = call("two", "r-2", 5.0, 3.0, "Traceback (most recent call last):", "ValueError: 3")
    late = call("two", "r-3", 9.0, 1.0, "Task timed out after 10.00 seconds")
    unfinished = call("one", "r-4", 9.0, 1.0)[:1]
    all_calls = calls(first + broken + late + unfinished)
    assert [
        (invocation.function, invocation.began, invocation.ended, invocation.failed) for invocation in all_calls
    ] == [
        ("two", 2.0, 5.0, True),
        ("one", 4.0, 6.0, False),
        ("two", 8.0, 9.0, True),
    ]
    assert [line.message for line in all_calls[1].lines] == ["done"]


class LogGroup(RecordingAws):
    """CloudWatch Logs with one group, which answers as much as was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def write(self, stream: str, second: float) -> None:
        for message in (f"START RequestId: {stream} Version: 1", f"END RequestId: {stream}"):
            self.events.append({"logStreamName": stream, "timestamp": int(second * 1000), "message": message})

    def client(self, service: str) -> Any:  # noqa: ARG002
        return self

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, *, startTime: int, **_: object) -> list[dict[str, Any]]:  # noqa: N803
        events = [event for event in self.events if event["timestamp"] >= startTime]
        return [{"events": events[:2]}, {"events": events[2:]}]


def test_every_line_is_read_once() -> None:
    """Also one that is written late, and says an earlier time."""
    aws = LogGroup()
    logs = Logs(aws, {"one": "/group"})
    batches: list[list[str]] = []
    for written in ([("a", 10.0), ("b", 11.0)], [], [("c", 10.9), ("d", 30.0)]):
        for stream, second in written:
            aws.write(stream, second)
        batches.append(sorted(line.request_id for line in logs.take()))
    assert batches == [["a", "a", "b", "b"], [], ["c", "c", "d", "d"]]
    assert len(logs.lines) == 8
