"""The page of the list of a run."""

from pathlib import Path
from typing import TYPE_CHECKING

from .gather import gather
from .page import list_page

if TYPE_CHECKING:
    from ..arrivals import Upload
    from ..executions import Ended
    from ..result import Result
    from ..running import RunningContext


def write(running: "RunningContext", uploaded: "Upload", ended: "Ended", result: "Result", file: Path) -> None:
    """Write the page of a list, which was uploaded and has come to its end, into a file.

    Raises:
        LocalRunError: the run could not look at its logs.
    """
    file.write_text(list_page(gather(running, uploaded, ended, result)), encoding="utf-8")
