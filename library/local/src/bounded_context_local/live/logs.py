"""The logs of a kept run's functions, merged by time, as text with a line each except for tracebacks."""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from ..emulator.aws import Aws
from ..observation.logs import METRICS, PLATFORM, TEXT, LogLine, Logs

PAUSE_SECONDS: Final = 0.3

_TRACEBACK: Final = "Traceback (most recent call last):"
UNCAUGHT: Final = "uncaught exception"
"""The message that every function logs for an unhandled exception."""

_UNPACKED: Final = re.compile(r'^  File "[^"\n]*/ministack-lambda-[^/"]+/code/(?!bounded_context/)', re.MULTILINE)
_FRAME: Final = re.compile(r'^  File "(?!src/)[^\n]*\n(?:    [^\n]*\n)*', re.MULTILINE)
"""A frame of a traceback outside of `src/`, with its line of code."""

_EXCEPTION: Final = ("exception", "stack_trace", "exception_name")
"""Fields that are shown below the line."""


def groups(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the log groups of all functions, including the hooks of a release, by name; `outputs` are the stack's."""
    functions = {name: arn.split(":")[6] for name, arn in outputs["functions"].items()} | outputs["release"]["hooks"]
    return {name: f"/aws/lambda/{function}" for name, function in functions.items()}


def lines(aws: Aws, log_groups: Mapping[str, str], about: str | None, *, follow: bool) -> Iterator[list[LogLine]]:
    """Yield the existing lines, sorted; with `follow`, then yield new lines in batches, forever.

    Args:
        aws: the emulator.
        log_groups: the log groups by function.
        about: an id that selects calls with this id in a line: a correlation id of a caller, or the id of a list, an
            aggregate, an event, a trace or a request. None for all lines.
        follow: whether to yield new lines.
    """
    logs = Logs(aws, log_groups)
    while True:
        new = logs.take()
        yield sorted(calls_with_id(new, about) if about else new, key=attrgetter("time"))
        if not follow:
            return
        time.sleep(PAUSE_SECONDS)


def messages_of_tail(log: str) -> list[str]:
    """Return the messages of a call's log, of which Lambda returns the last 4 KB: a message may lack its beginning.

    A traceback at the end is one message.
    """
    before, separator, trace = log.partition(_TRACEBACK)
    if not separator:
        return log.splitlines()
    complete = [line for line in before.splitlines() if line.startswith(("{", "START"))]
    return [*complete, separator + trace]


def calls_with_id(log_lines: Iterable[LogLine], about: str) -> list[LogLine]:
    """Return all lines of each call that has the id in a line. Requires that the lines of a call arrive together."""
    all_lines = list(log_lines)
    calls = {line.request_id for line in all_lines if _names(line, about)}
    return [line for line in all_lines if line.request_id in calls]


def _names(line: LogLine, about: str) -> bool:
    values = line.fields.values()
    items = (item for value in values if isinstance(value, list) for item in value)
    return about in (line.request_id, *values, *items)


def readable(lines: Iterable[LogLine], *, verbose: bool = False) -> Iterator[str]:
    """Yield each line as text, without metrics. Of Lambda's lines, it keeps only the duration from REPORT.

    Lambda's text of an exception is omitted if the function has logged the exception. The frames of libraries are
    omitted unless `verbose` is true.
    """
    logged: set[str] = set()
    for line in lines:
        if line.message == UNCAUGHT:
            logged.add(line.request_id)
        if line.level == PLATFORM and "milliseconds" in line.fields:
            yield _text(line, "REPORT", f"{line.fields['milliseconds']:.0f} ms")
        elif line.level not in (METRICS, PLATFORM) and not (line.level == TEXT and line.request_id in logged):
            message = line.message if verbose else without_library_frames(line.message)
            yield _text(line, line.level, _message(replace(line, message=message), verbose=verbose))


def _text(line: LogLine, level: str, message: str) -> str:
    at = datetime.fromtimestamp(line.time).astimezone().strftime("%H:%M:%S.%f")[:-3]
    version = f"{line.function}:{line.version}" if line.version else line.function
    return f"{at} {version:<24} {level:<7} {message}"


def _message(line: LogLine, *, verbose: bool) -> str:
    members = [f"{name}={value}" for name, value in line.own_fields(*_EXCEPTION).items() if value is not None]
    message = " ".join([line.message, *members])
    if "exception" not in line.fields:
        return message
    exception = str(line.fields["exception"])
    return f"{message}\n{exception if verbose else without_library_frames(exception)}"


def without_library_frames(exception: str) -> str:
    """Return the text of an exception with the frames of `src/` only. The functions log these paths.

    The emulator's own tracebacks have the path of the unpacked archive. An exception without such frames is unchanged.
    """
    exception = _UNPACKED.sub('  File "src/', exception)
    return _FRAME.sub("", exception) if '  File "src/' in exception else exception
