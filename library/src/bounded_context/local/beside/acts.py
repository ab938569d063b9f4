"""All that a run does besides its list, and while that is under way: most of it is waiting."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from .bad_row import bad_row
from .calls import calls
from .heard import heard
from .shown import Shown
from .watched import watched

if TYPE_CHECKING:
    from ..running import RunningContext

Act = Callable[["RunningContext"], Iterable[Shown]]

_AT_ONCE: Final = 3


class Beside:
    """What is done besides the list of a run."""

    def __init__(self, running: "RunningContext", pool: ThreadPoolExecutor) -> None:
        """Begin to call, and to let another context tell of something."""
        self._running = running
        self._pool = pool
        self._calls, self._heard = self._begun(calls), self._begun(heard)
        self._later: list[Future[list[Shown]]] = []

    def list_ended(self) -> None:
        """Send a second list, by the functions that the first has started: beside it, each would start once more.

        And call what a schedule calls, while the second is under way.
        """
        self._later = [self._begun(bad_row), self._begun(watched)]

    def shown(self) -> list[Shown]:
        """Wait for the end of all, and return a line for each thing that was sent.

        Raises:
            LocalRunError: a function ended with an error, or a list has not come to its end in time.
        """
        return [shown for one in (self._calls, *self._later, self._heard) for shown in one.result()]

    def _begun(self, act: Act) -> Future[list[Shown]]:
        return self._pool.submit(lambda: list(act(self._running)))


@contextmanager
def begun(running: "RunningContext") -> Iterator[Beside]:
    """Begin with what need not wait for the list, and leave nothing waiting when the block is left."""
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="beside")
    try:
        yield Beside(running, pool)
    finally:
        # A run that is interrupted stops its emulator: whoever waits for that is then told.
        pool.shutdown(wait=False, cancel_futures=True)
