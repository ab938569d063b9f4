"""Calls of the scheduled functions, because a run ends before their first schedule is due."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from .results import Shown

if TYPE_CHECKING:
    from ..running import RunningContext

WATCH: Final = "watch_lists"
SWEEP: Final = "sweep_uploads"


def watched(running: "RunningContext") -> Iterator[Shown]:
    """Call both functions, and yield their results."""
    found = running.invoke(WATCH, {})
    yield _shown(WATCH, f"the oldest unfinished list is {found['seconds']:.0f} s old")
    yield _shown(SWEEP, f"{running.invoke(SWEEP, {})['uploads']} unseen uploads")


def _shown(function: str, back: str) -> Shown:
    return Shown(f"{function}, as its schedule", back)
