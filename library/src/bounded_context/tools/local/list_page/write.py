"""Output of the page about a run's list."""

from pathlib import Path
from typing import TYPE_CHECKING

from .gather import gather
from .page import list_page

if TYPE_CHECKING:
    from ..executions import Ended
    from ..result import Result
    from ..running import RunningContext
    from ..uploads import Upload


def write(running: "RunningContext", uploaded: "Upload", ended: "Ended", result: "Result", file: Path) -> None:
    """Write the page about a completed list into a file.

    Raises:
        LocalRunError: the run could not read its logs.
    """
    file.write_text(list_page(gather(running, uploaded, ended, result)), encoding="utf-8")
