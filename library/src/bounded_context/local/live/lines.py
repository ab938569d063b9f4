"""A line of a function's log, for people: one line each, except for a traceback."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from ..observation.logs import METRICS, PLATFORM, TEXT, LogLine

_UNCAUGHT: Final = "uncaught exception"
"""What every function logs about an exception that it does not handle."""

_OWN: Final = {
    *("level", "message", "timestamp", "location", "service", "exception", "stack_trace", "exception_name"),
    *("cold_start", "function_name", "function_memory_size", "function_arn", "function_request_id", "sampling_rate"),
    *("xray_trace_id", "version"),
}
"""Members that are told otherwise, or that all lines of a function have in common."""


def readable(lines: Iterable[LogLine]) -> Iterator[str]:
    """Yield each line as text; metrics are left out, and of Lambda's own lines all but how long a call took.

    What Lambda writes of an exception is left out, too, if the function has logged it before.
    """
    logged: set[str] = set()
    for line in lines:
        if line.message == _UNCAUGHT:
            logged.add(line.request_id)
        if line.level == PLATFORM and "milliseconds" in line.fields:
            yield _text(line, "REPORT", f"{line.fields['milliseconds']:.0f} ms")
        elif line.level not in (METRICS, PLATFORM) and not (line.level == TEXT and line.request_id in logged):
            yield _text(line, line.level, _said(line))


def _text(line: LogLine, level: str, said: str) -> str:
    at = datetime.fromtimestamp(line.time).astimezone().strftime("%H:%M:%S.%f")[:-3]
    version = f"{line.function}:{line.version}" if line.version else line.function
    return f"{at} {version:<24} {level:<7} {said}"


def _said(line: LogLine) -> str:
    members = [f"{name}={value}" for name, value in line.fields.items() if name not in _OWN and value is not None]
    said = " ".join([line.message, *members])
    return f"{said}\n{line.fields['exception']}" if "exception" in line.fields else said
