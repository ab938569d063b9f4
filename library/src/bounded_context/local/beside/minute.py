"""What a schedule does each minute, which most runs do not last."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from .shown import Shown

if TYPE_CHECKING:
    from ..running import RunningContext

_FUNCTION: Final = "watch_lists"


def minute(running: "RunningContext") -> Iterator[Shown]:
    """Have the age of the oldest unfinished list measured, as the schedule does; nothing where a team has left it out.

    Raises:
        LocalRunError: the function ended with an error.
    """
    if _FUNCTION in running.outputs["functions"]:
        seconds = running.invoke(_FUNCTION, {})["seconds"]
        yield Shown(f"{_FUNCTION}, as each minute", f"the oldest unfinished list is {seconds:.0f} s old")
