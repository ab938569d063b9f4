"""The functions of schedules, called as their schedules call them: a run ends before the first minute is over."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from .shown import Shown

if TYPE_CHECKING:
    from ..running import RunningContext

WATCH: Final = "watch_lists"
SWEEP: Final = "sweep_uploads"


def watched(running: "RunningContext") -> Iterator[Shown]:
    """Call both functions, and yield what each of them found."""
    found = running.invoke(WATCH, {})
    yield _shown(WATCH, f"the oldest unfinished list is {found['seconds']:.0f} s old")
    yield _shown(SWEEP, f"{running.invoke(SWEEP, {})['uploads']} unseen uploads")


def _shown(function: str, back: str) -> Shown:
    return Shown(f"{function}, as its schedule", back)
