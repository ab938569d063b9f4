"""The functions' lines, as they are printed."""

from dataclasses import replace

from bounded_context.tools.local.live.logs import calls_with_id, readable
from bounded_context.tools.local.observation.logs import METRICS, PLATFORM, TEXT, LogLine

FIELDS = {"payment_id": "id-1", "level": "INFO", "service": "payment"}
LINE = LogLine("register_payment", "3", "request-1", 0.0, "INFO", "command done", FIELDS)


def test_a_line_says_when_who_and_what():
    """Without what all lines of a function have in common."""
    [line] = readable([LINE])
    assert line.split(maxsplit=1)[1] == "register_payment:3       INFO    command done payment_id=id-1"


def test_metrics_are_left_out_and_a_call_ends_with_its_time():
    """Lambda's START and END say nothing that is not there."""
    start, report = (replace(LINE, level=PLATFORM, message=message, fields={}) for message in ("START", "REPORT"))
    found = list(readable([start, replace(LINE, level=METRICS), replace(report, fields={"milliseconds": 12.4})]))
    assert [line.rpartition("REPORT")[2].strip() for line in found] == ["12 ms"]


def test_an_exception_is_shown_once():
    """As the function logged it; what it did not log is as Lambda wrote it."""
    logged = replace(LINE, level="ERROR", message="uncaught exception", fields={"exception": "ValueError: no"})
    written = replace(LINE, level=TEXT, message="Traceback (most recent call last):", fields={})
    shown = list(readable([logged, written, replace(written, request_id="request-2")]))
    assert [line.count("ValueError: no") for line in shown] == [1, 0]
    assert "Traceback" in shown[1]


def test_an_id_finds_all_lines_of_the_calls_that_name_it():
    """By whichever name: a field, one of several, or the request itself."""
    other = replace(LINE, request_id="request-2", fields={"ids": ["id-1", "id-2"]})
    end = replace(other, level=PLATFORM, message="REPORT", fields={})
    lines = [LINE, other, end]
    assert calls_with_id(lines, "id-2") == [other, end]
    assert calls_with_id(lines, "id-1") == lines
    assert calls_with_id(lines, "request-1") == [LINE]
    assert calls_with_id(lines, "id-3") == []
