"""The additional actions and their scheduling, concurrently with the list, because most of their time is waiting."""

import csv
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Final

from ..executions import FAILED
from ..periodic import until
from .calls import ActionResult, calls

if TYPE_CHECKING:
    from ..running.context import RunningContext

Action = Callable[["RunningContext"], Iterable[ActionResult]]

BAD_LIST: Final = "one-bad-row.csv"
EVENT_SECONDS: Final = 60.0
_CONCURRENT: Final = 3


class AdditionalActions:
    """The additional actions of a run."""

    def __init__(self, running: "RunningContext", pool: ThreadPoolExecutor) -> None:
        """Start the calls, and publish an event of another context."""
        self._running = running
        self._pool = pool
        self._calls, self._event = self._started(calls), self._started(foreign_event)
        self._later: list[Future[list[ActionResult]]] = []

    def list_ended(self) -> None:
        """Upload a second list, and call the scheduled functions meanwhile.

        The second list waits for the first, so it uses the started functions instead of starting new ones.
        """
        self._later = [self._started(bad_row), self._started(schedules)]

    def results(self) -> list[ActionResult]:
        """Wait for all actions, and return their results.

        Raises:
            LocalRunError: a function failed, or an import has not ended in time.
        """
        return [result for future in (self._calls, *self._later, self._event) for result in future.result()]

    def _started(self, action: Action) -> Future[list[ActionResult]]:
        return self._pool.submit(lambda: list(action(self._running)))


@contextmanager
def started(running: "RunningContext") -> Iterator[AdditionalActions]:
    """Start the actions that need not wait for the list. Cancel pending actions at the end of the block."""
    pool = ThreadPoolExecutor(_CONCURRENT, thread_name_prefix="additions")
    try:
        yield AdditionalActions(running, pool)
    finally:
        # Running actions end by themselves: an interrupted run stops its emulator, and their calls fail.
        pool.shutdown(wait=False, cancel_futures=True)


def bad_row(running: "RunningContext") -> Iterator[ActionResult]:
    """Upload a list with one invalid row, which is rejected with a report. Yield the reasons in the report."""
    partner = running.partner
    ended = running.follow(partner.upload(BAD_LIST, running.samples.bad_document()))
    sent = f"{BAD_LIST} {partner.transport}"
    if ended.outcome == FAILED:
        yield ActionResult(sent, FAILED, f"{BAD_LIST} ended as {FAILED}: {ended.error}.")
        return
    rows = [row for row in csv.DictReader(StringIO(partner.report(BAD_LIST), newline="")) if row["line"]]
    reasons = "; ".join(f"line {row['line']}, {row['field']}: {row['reason'].partition(': ')[0]}" for row in rows)
    problem = "" if rows else f"The report on {BAD_LIST} names no row."
    yield ActionResult(sent, f"{ended.outcome}, {reasons}", problem)


def foreign_event(running: "RunningContext") -> Iterator[ActionResult]:
    """Publish an event of a consumed context, and yield its projection. Skip it on a joined emulator."""
    ours = [neighbour for neighbour in running.neighbours if neighbour.consumes.account_id is None]
    if not ours or running.emulator.joined:
        return
    neighbour, consumes = ours[0], ours[0].consumes
    subject = f"{consumes.aggregate}-1"
    neighbour.publish_event(consumes.created_by[0], subject)
    sent = f"{consumes.created_by[0]} by {neighbour.name}"
    if item := until(lambda: running.table.projected(consumes.aggregate, subject), EVENT_SECONDS):
        yield ActionResult(sent, f"{subject} is stored as {item['status']}")
        return
    problem = f"{sent}: the context stored nothing within {EVENT_SECONDS:.0f} s."
    yield ActionResult(sent, "nothing is stored", problem)


def schedules(running: "RunningContext") -> Iterator[ActionResult]:
    """Call the scheduled functions, because a run ends before their first schedule is due."""
    of_lists = (
        ("watch_lists", "the oldest unfinished list is {seconds:.0f} s old"),
        ("sweep_uploads", "{uploads} unseen uploads"),
    )
    without = (("watch_mappings", "{mappings} event source mappings fail"),)
    for function, answer in of_lists if running.context.has_lists else without:
        yield ActionResult(f"{function}, as its schedule", answer.format_map(running.invoke(function, {})))
