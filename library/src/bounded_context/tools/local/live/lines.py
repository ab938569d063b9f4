"""Formatting of log lines as text: a single line each, except for tracebacks."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from ..observation.logs import METRICS, PLATFORM, TEXT, LogLine

_UNCAUGHT: Final = "uncaught exception"
"""The message that every function logs for an unhandled exception."""

_OWN: Final = {
    *("level", "message", "timestamp", "location", "service", "exception", "stack_trace", "exception_name"),
    *("cold_start", "function_name", "function_memory_size", "function_arn", "function_request_id", "sampling_rate"),
    *("xray_trace_id", "version"),
}
"""Members that are shown elsewhere in the line, or that are the same in all lines."""


def readable(lines: Iterable[LogLine]) -> Iterator[str]:
    """Yield each line as text, without metrics. Of Lambda's lines, it keeps only the duration from REPORT.

    Lambda's text of an exception is omitted if the function has logged the exception.
    """
    logged: set[str] = set()
    for line in lines:
        if line.message == _UNCAUGHT:
            logged.add(line.request_id)
        if line.level == PLATFORM and "milliseconds" in line.fields:
            yield _text(line, "REPORT", f"{line.fields['milliseconds']:.0f} ms")
        elif line.level not in (METRICS, PLATFORM) and not (line.level == TEXT and line.request_id in logged):
            yield _text(line, line.level, _message(line))


def _text(line: LogLine, level: str, message: str) -> str:
    at = datetime.fromtimestamp(line.time).astimezone().strftime("%H:%M:%S.%f")[:-3]
    version = f"{line.function}:{line.version}" if line.version else line.function
    return f"{at} {version:<24} {level:<7} {message}"


def _message(line: LogLine) -> str:
    members = [f"{name}={value}" for name, value in line.fields.items() if name not in _OWN and value is not None]
    message = " ".join([line.message, *members])
    return f"{message}\n{line.fields['exception']}" if "exception" in line.fields else message
