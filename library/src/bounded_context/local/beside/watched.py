"""The watch over lists, called as its schedule calls it: a run is over before the schedule's first minute."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from .shown import Shown

if TYPE_CHECKING:
    from ..running import RunningContext

FUNCTION: Final = "watch_lists"


def watched(running: "RunningContext") -> Iterator[Shown]:
    """Call it as at a full hour, when it also counts the uploads that nobody has heard of, and say what it found."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    found = running.invoke(FUNCTION, {"time": hour.isoformat()})
    back = f"the oldest unfinished list is {found['seconds']:.0f} s old, {found['uploads']} unseen uploads"
    yield Shown(f"{FUNCTION}, as its schedule", back)
