"""An event of another context, published by the run, and its projection in this context."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ..consumed_context import Neighbour
from .results import Shown

if TYPE_CHECKING:
    from ..running import RunningContext

SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.1


def heard(running: "RunningContext") -> Iterator[Shown]:
    """Publish an event of a consumed context, and yield its projection. Skip it on a joined emulator."""
    ours = [neighbour for neighbour in running.neighbours if neighbour.consumes.account_id is None]
    if ours and not running.emulator.joined:
        yield _projected(running, ours[0])


def _projected(running: "RunningContext", neighbour: Neighbour) -> Shown:
    thing, kind = neighbour.consumes.thing, neighbour.consumes.known[0]
    subject = f"{thing}-1"
    neighbour.says(kind, subject)
    sent, deadline = f"{kind} by {neighbour.name}", time.monotonic() + SECONDS
    while (item := running.table.projected(thing, subject)) is None:
        if time.monotonic() > deadline:
            return Shown(sent, "nothing is stored", f"{sent}: the context stored nothing within {SECONDS:.0f} s.")
        time.sleep(_POLL_SECONDS)
    return Shown(sent, f"{subject} is stored as {item['status']}")
