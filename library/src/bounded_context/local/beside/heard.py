"""An event of another context, for which the run speaks: what the context keeps of it."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ..neighbour import Neighbour
from .shown import Shown

if TYPE_CHECKING:
    from ..running import RunningContext

SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.1


def heard(running: "RunningContext") -> Iterator[Shown]:
    """Let one of them tell that a thing exists; nothing where none is consumed, or they run here themselves."""
    ours = [one for one in running.neighbours if one.consumes.account_id is None]
    if ours and not running.emulator.joined:
        yield _told(running, ours[0])


def _told(running: "RunningContext", neighbour: Neighbour) -> Shown:
    thing, kind = neighbour.consumes.thing, neighbour.consumes.known[0]
    subject = f"{thing}-1"
    neighbour.says(kind, subject)
    sent, deadline = f"{kind} by {neighbour.name}", time.monotonic() + SECONDS
    while (kept := running.table.projected(thing, subject)) is None:
        if time.monotonic() > deadline:
            return Shown(sent, "nothing is kept", f"{sent} has come to nothing within {SECONDS:.0f} s.")
        time.sleep(_POLL_SECONDS)
    return Shown(sent, f"{subject} is kept as {kept['status']}")
