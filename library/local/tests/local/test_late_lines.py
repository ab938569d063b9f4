"""Lines of a call that the emulator returns with the next call, as it does on a busy machine."""

from types import SimpleNamespace
from typing import Any, cast

from bounded_context.declaration.entry_points import SMOKE
from bounded_context_lab.storm.checks import MEASURING, Checks
from bounded_context_local.observation.logs import LogLine
from bounded_context_local.running.context import RunningContext

LATE = LogLine(MEASURING, "1", "request-1", 0.0, "INFO", "list closed", {"list_id": "list-1"})


class Running(RunningContext):
    """A run whose function has a late line: a call returns it, and a poll reads it."""

    def __init__(self, *late: LogLine) -> None:
        self._late, self._returned, self.called = list(late), list[LogLine](), list[str]()
        self.watch = cast("Any", SimpleNamespace(logs=SimpleNamespace(lines=[]), poll=self._poll))

    def invoke(self, function: str, message: object) -> Any:
        """Return the late lines with this call, which has no effect."""
        assert message == SMOKE.event
        self.called.append(function)
        self._returned, self._late = self._late, []

    def _poll(self) -> None:
        self.watch.logs.lines += self._returned
        self._returned = []


def measured(running: Running, *lists: str) -> set[str]:
    checks = Checks.__new__(Checks)
    checks._running = running
    return checks._measured({*lists})


def test_a_late_line_of_a_measured_list_is_read() -> None:
    running = Running(LATE)
    assert measured(running, "list-1") == {"list-1"}
    assert running.called == [MEASURING]


def test_a_list_without_metrics_is_detected() -> None:
    running = Running(LATE)
    assert "list-2" not in measured(running, "list-1", "list-2")


def test_a_function_is_not_called_if_all_lines_are_there() -> None:
    running = Running()
    running.watch.logs.lines.append(LATE)
    assert measured(running, "list-1") == {"list-1"}
    assert running.called == []
