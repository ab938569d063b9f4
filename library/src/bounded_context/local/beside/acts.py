"""All that a run does besides its list, and while that is under way: most of it is waiting."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from .bad_row import bad_row
from .calls import calls
from .heard import heard
from .minute import minute
from .shown import Shown

if TYPE_CHECKING:
    from ..running import RunningContext

Act = Callable[["RunningContext"], Iterable[Shown]]

_ACTS: Final[Sequence[Act]] = (calls, bad_row, heard, minute)


@contextmanager
def begun(running: "RunningContext") -> Iterator[Callable[[], list[Shown]]]:
    """Begin with all of it at once; yield what waits for its end and returns a line for each thing that was sent.

    That raises LocalRunError if a function ended with an error, or if a list has not come to its end in time.
    """
    pool = ThreadPoolExecutor(len(_ACTS), thread_name_prefix="beside")
    done = [pool.submit(_shown, one, running) for one in _ACTS]
    try:
        yield lambda: [shown for one in done for shown in one.result()]
    finally:
        # A run that is interrupted stops its emulator: whoever waits for that is then told.
        pool.shutdown(wait=False, cancel_futures=True)


def _shown(act: Act, running: "RunningContext") -> list[Shown]:
    return list(act(running))
