"""Scheduling of the additional actions, concurrently with the list, because most of their time is waiting."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from .bad_row import bad_row
from .calls import calls
from .foreign_event import heard
from .results import Shown
from .schedules import watched

if TYPE_CHECKING:
    from ..running import RunningContext

Act = Callable[["RunningContext"], Iterable[Shown]]

_AT_ONCE: Final = 3


class Beside:
    """The additional actions of a run."""

    def __init__(self, running: "RunningContext", pool: ThreadPoolExecutor) -> None:
        """Start the calls, and publish an event of another context."""
        self._running = running
        self._pool = pool
        self._calls, self._event = self._begun(calls), self._begun(heard)
        self._later: list[Future[list[Shown]]] = []

    def list_ended(self) -> None:
        """Upload a second list, and call the scheduled functions meanwhile.

        The second list waits for the first, so that it uses the started functions instead of starting new ones.
        """
        self._later = [self._begun(bad_row), self._begun(watched)]

    def shown(self) -> list[Shown]:
        """Wait for all actions, and return their results.

        Raises:
            LocalRunError: a function failed, or an import has not ended in time.
        """
        return [shown for future in (self._calls, *self._later, self._event) for shown in future.result()]

    def _begun(self, act: Act) -> Future[list[Shown]]:
        return self._pool.submit(lambda: list(act(self._running)))


@contextmanager
def begun(running: "RunningContext") -> Iterator[Beside]:
    """Start the actions that need not wait for the list. Cancel pending actions at the end of the block."""
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="beside")
    try:
        yield Beside(running, pool)
    finally:
        # Running actions end by themselves: an interrupted run stops its emulator, and their calls fail.
        pool.shutdown(wait=False, cancel_futures=True)
