"""Calls of functions, derived from their log lines."""

from collections.abc import Iterable
from dataclasses import dataclass

from .logs import PLATFORM, TEXT, LogLine

_FAILED = ("Traceback (most recent call last)", "Task timed out after ")


@dataclass(frozen=True)
class Call:
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
        """Whether the call failed: the emulator then logs a traceback or a timeout."""
        return any(line.level == TEXT and line.message.startswith(_FAILED) for line in self.lines)

    @property
    def milliseconds(self) -> float:
        """The duration of the call."""
        return (self.ended - self.began) * 1000


def calls(lines: Iterable[LogLine]) -> list[Call]:
    """Return the completed calls, sorted by start."""
    by_request: dict[str, list[LogLine]] = {}
    for line in lines:
        by_request.setdefault(line.request_id, []).append(line)
    found = [call for written in by_request.values() if (call := _call(written))]
    return sorted(found, key=lambda call: call.began)


def _call(written: list[LogLine]) -> Call | None:
    platform = {line.message: line for line in written if line.level == PLATFORM}
    start, report = platform.get("START"), platform.get("REPORT")
    if start is None or report is None:
        return None
    own = tuple(line for line in written if line.level != PLATFORM)
    return Call(start.function, start.version, start.request_id, start.time, report.time, own)
