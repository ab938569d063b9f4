"""The functions' lines, as they are printed."""

from dataclasses import replace

from bounded_context_local.live.commands import calls_with_id, messages_of_tail, readable
from bounded_context_local.observation.logs import METRICS, PLATFORM, TEXT, LogLine

FIELDS = {"payment_id": "id-1", "level": "INFO", "service": "payment"}
LINE = LogLine("register_payment", "3", "request-1", 0.0, "INFO", "command done", FIELDS)


def test_a_line_has_time_function_and_message():
    """Without what all lines of a function have in common."""
    [line] = readable([LINE])
    assert line.split(maxsplit=1)[1] == "register_payment:3       INFO    command done payment_id=id-1"


def test_metrics_are_omitted_and_a_call_ends_with_its_time():
    """Lambda's START and END say nothing that is not there."""
    start, report = (replace(LINE, level=PLATFORM, message=message, fields={}) for message in ("START", "REPORT"))
    lines = list(readable([start, replace(LINE, level=METRICS), replace(report, fields={"milliseconds": 12.4})]))
    assert [line.rpartition("REPORT")[2].strip() for line in lines] == ["12 ms"]


def test_an_exception_is_printed_once():
    """As the function logged it; what it did not log is as Lambda wrote it."""
    logged = replace(LINE, level="ERROR", message="uncaught exception", fields={"exception": "ValueError: no"})
    written = replace(LINE, level=TEXT, message="Traceback (most recent call last):", fields={})
    lines = list(readable([logged, written, replace(written, request_id="request-2")]))
    assert [line.count("ValueError: no") for line in lines] == [1, 0]
    assert "Traceback" in lines[1]


def test_an_id_finds_all_lines_of_the_calls_that_name_it():
    """By whichever name: a field, one of several, or the request itself."""
    other = replace(LINE, request_id="request-2", fields={"ids": ["id-1", "id-2"]})
    end = replace(other, level=PLATFORM, message="REPORT", fields={})
    lines = [LINE, other, end]
    assert calls_with_id(lines, "id-2") == [other, end]
    assert calls_with_id(lines, "id-1") == lines
    assert calls_with_id(lines, "request-1") == [LINE]
    assert calls_with_id(lines, "id-3") == []


TRACE = """  File "/runtime/library/calls.py", line 3, in observed
    return handler(event)
  File "src/payment/use_cases.py", line 7, in charge
    return amounts["x"]
  File "/runtime/library/mapping.py", line 9, in get
KeyError: 'x'"""


def test_frames_of_libraries_are_optional():
    """Otherwise, a traceback has the frames of the repository, and the exception."""
    line = replace(LINE, level="ERROR", message="uncaught exception", fields={"exception": TRACE})
    [short] = readable([line])
    [full] = readable([line], verbose=True)
    assert short.splitlines()[1:] == [
        '  File "src/payment/use_cases.py", line 7, in charge',
        '    return amounts["x"]',
        "KeyError: 'x'",
    ]
    assert full.splitlines()[1:] == TRACE.splitlines()


def test_an_exception_of_a_library_alone_keeps_its_frames():
    """It would have none otherwise."""
    trace = TRACE.replace("src/", "/elsewhere/")
    [text] = readable([replace(LINE, fields={"exception": trace})])
    assert text.splitlines()[1:] == trace.splitlines()


TAIL = """ord": "the end of a line"}
{"level": "INFO"}
Traceback (most recent call last):
  File "/tmp/local-aws-1/ministack-lambda-payment-local-x-1/_worker.py", line 128, in run
    result = handler_fn(event, context)
             ^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/tmp/local-aws-1/ministack-lambda-payment-local-x-1/code/bounded_context/calls.py", line 32, in observed
    return handler(event, call)
  File "/tmp/local-aws-1/ministack-lambda-payment-local-x-1/code/payment/use_cases.py", line 7, in charge
    return amounts["x"]
KeyError: 'x'"""


def test_the_end_of_a_log_shows_the_frames_of_the_repository():
    """Lambda cuts the beginning; the emulator's paths are those of the unpacked archive."""
    *logged, trace = messages_of_tail(TAIL)
    [text] = readable([replace(LINE, level=TEXT, message=trace, fields={})])
    assert logged == ['{"level": "INFO"}']
    assert text.splitlines()[1:] == [
        '  File "src/payment/use_cases.py", line 7, in charge',
        '    return amounts["x"]',
        "KeyError: 'x'",
    ]
    [full] = readable([replace(LINE, level=TEXT, message=trace, fields={})], verbose=True)
    assert full.splitlines()[1:] == trace.splitlines()[1:]
