"""A debugger at the line of the repository's code that failed."""

import pdb
from pathlib import Path
from traceback import walk_tb
from types import TracebackType


def stop_at(error: BaseException, sources: Path) -> None:
    """Start Python's debugger at the innermost line in `sources`, or at the last line if the error has no such line."""
    pdb.post_mortem(own_part(error.__traceback__, sources) or error.__traceback__)


def own_part(trace: TracebackType | None, sources: Path) -> TracebackType | None:
    """Return a traceback without the frames after its innermost frame in `sources`, or None."""
    if trace is None or not any(_is_own(frame.f_code.co_filename, sources) for frame, _ in walk_tb(trace)):
        return None
    return TracebackType(own_part(trace.tb_next, sources), trace.tb_frame, trace.tb_lasti, trace.tb_lineno)


def _is_own(file: str, sources: Path) -> bool:
    return Path(file).is_relative_to(sources)
