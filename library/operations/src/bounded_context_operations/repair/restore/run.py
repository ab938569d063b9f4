"""The run of a restore: the comparison, and the write-back into the paused stack."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from bounded_context.declaration.context import Context
from bounded_context.domain.lists import ReceivedList
from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal, sentence
from bounded_context_cli.command.operation import CONNECTIONS, ignore_interrupts

from .. import report as repair
from .differences import Changes, Comparison, Difference
from .pause import Lease, Lost, Pause, Progress, Writes
from .tables import Copy

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PASSES: Final = 5
"""Passes over the changed keys. The first writes, the second writes after the last call of a command has ended, and a
pass without a difference is the last."""

_SHOWN: Final = 5
"""Identities in a message."""

_CHUNK: Final = 200
"""Differences in memory during a pass."""


class StillPaused(Exception):
    """The stack could not be resumed. The message is a sentence."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"The stack is still paused ({sentence(error, 'restore')}): run the command again.")


@dataclass
class RestoreReport(repair.RepairReport):
    """The result of a restore.

    `counts` are the differences: aggregates by kind, `lists` and `answers`. `events` are the published events that the
    restored state lacks, by the type of the last event. `differences` has the aggregates' identities by kind.
    `remaining` is the number of differences after the last pass. `pause_seconds` is about the length of a pause that
    writes the differences. `unended` is the time or the table of a restore that has not ended, and `paused` is whether
    it still stops the stack. A fill from another table (`Filling`) has `open_lists`, `withheld` and `stays`.
    """

    words = ("compared", "restored", "differences remain")

    at: str
    table: str
    is_fill: bool
    counts: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    differences: dict[str, list[str]] = field(default_factory=dict)
    written: int = 0
    remaining: int = 0
    pause_seconds: int = 0
    unended: str = ""
    paused: bool = False
    open_lists: dict[str, Mapping[str, str]] = field(default_factory=dict)
    withheld: list[str] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether no difference remains."""
        return not self.remaining

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return super().as_json() | {"counts": dict(self.counts), "events": dict(self.events)}


@dataclass
class RestoreRun:
    """A restore of a stack. Raises Refusal, ClientError and BotoCoreError."""

    context: Context[Any]
    client: "DynamoDBClient"
    copy: Copy
    comparison: Comparison
    changes: Changes
    writes: Writes
    pause: Pause
    lease: Lease
    waiting: Callable[[], Iterable[ReceivedList]]
    tell: Callable[[str], None]

    def look(self) -> RestoreReport:
        """Restore the copy, compare it with the live table, and change nothing else."""
        begins = "Waiting for" if self.copy.source else f"Restoring {self.copy.target.table} to"
        self.tell(f"{begins} {self.copy.name}. This may take an hour; Ctrl-C is safe.")
        self.copy.restore()
        self._require_known()
        report = RestoreReport(self.copy.at.isoformat(), self.copy.name, bool(self.copy.source), executed=False)
        for difference in self.comparison.differences(set().union(*self.comparison.differing())):
            self._count(report, difference)
        report.pause_seconds = self.pause.seconds(report.counts.total())
        if progress := self.lease.read():
            report.unended, report.paused = progress.goal, self.pause.is_on(progress)
        return self._with_exceptions(report)

    def go(self) -> RestoreReport:
        """Write the differences into the paused stack, resume it, and delete the copy. Continues an earlier run.

        The tables are compared before the pause. A continuation compares in the pause that it finds.

        Raises:
            Refusal: there is no copy, another restore has begun, lists are imported, or the stack cannot be paused.
            StillPaused: the stack could not be resumed.
        """
        progress = self.lease.read()
        if progress and progress.source != self.copy.source:
            raise Refusal(f"Another restore ({progress.goal}) has not ended: continue it, or end it with --resume.")
        if progress and not progress.source and progress.at != self.copy.at:
            begun = f"A restore to {progress.at.isoformat()} has not ended"
            raise Refusal(f"{begun}: continue it with --at of that time, or end it with --resume.")
        if progress and progress.selection != self.comparison.selection:
            begun = "with the same ids in --only" if progress.selection else "without --only"
            raise Refusal(f"This restore has begun with another selection: continue it {begun}, or use --resume.")
        if not (progress and progress.written) and not self.copy.exists():
            raise Refusal(
                f"There is no table {self.copy.name}: run the command without --go first, and see its effect."
            )
        report, keys = RestoreReport(self.copy.at.isoformat(), self.copy.name, bool(self.copy.source)), None
        if progress:
            self.lease.take(progress)
            report.counts, report.events = Counter(progress.counts), Counter(progress.events)
            report.written = progress.items
        else:
            self.pause.require_idle(self.waiting)
            self._require_known()
            keys = self._compare()
            progress = self._begin()
        with self._resuming(progress, report):
            if not progress.written:
                self.pause.stop_deadlines(self.tell, self.changes.read)
                seconds = "" if keys is None else f" for about {self.pause.seconds(len(keys))} s"
                self.tell(f"Pausing commands, list steps and stream readers{seconds}.")
                self.pause.stop(progress)
                report.remaining = self._write(report, progress.pending, self._compare() if keys is None else keys)
            if not report.remaining:
                self.lease.done()
        return self._with_exceptions(report)

    def _with_exceptions(self, report: RestoreReport) -> RestoreReport:
        """Return the report with the items of the second table that are not written."""
        report.open_lists = self.comparison.open_lists
        report.withheld, report.stays = sorted(self.comparison.withheld), sorted(self.comparison.stays)
        return report

    def _require_known(self) -> None:
        """Raise Refusal if an id is in neither table: such an id is misspelled, or another time is meant."""
        if unknown := [*islice(self.comparison.unknown(), _SHOWN + 1)]:
            more = ", ..." if len(unknown) > _SHOWN else ""
            names = f"{', '.join(unknown[:_SHOWN])}{more}"
            raise Refusal(f"Neither table has {names}: correct the ids, or leave them out.")

    def _compare(self) -> set[str]:
        """Return the keys of the items that differ. The changes since the beginning are known by the stream."""
        self.tell("Comparing the tables.")
        self.changes.begin()
        all_keys = set[str]()
        for keys in self.comparison.differing():
            all_keys |= keys
            self.changes.read()
        return all_keys

    def _begin(self) -> Progress:
        table = self.client.describe_table(TableName=self.copy.target.table)["Table"]
        survey = self.pause.survey(self.copy.at, table.get("LatestStreamArn", ""), self.comparison.selection)
        progress = survey.model_copy(update={"source": self.copy.source})
        self.lease.begin(progress)
        return progress

    @contextmanager
    def _resuming(self, progress: Progress, report: RestoreReport) -> Iterator[None]:
        """Resume the stack after the block, and delete the copy if all is written.

        Errors after the first write are reported. A stack that cannot be resumed keeps its progress. Another call that
        has taken over the restore resumes the stack itself.

        Raises:
            StillPaused: the stack could not be resumed.
        """
        try:
            try:
                yield
            except KeyboardInterrupt:
                report.interrupted = True
            except AWS_ERRORS as error:
                if not report.written:
                    raise
                report.stopped = sentence(error, "restore")
            finally:
                self._resume(progress)
        except Lost as error:
            report.stopped = str(error)
            try:
                if self.lease.read() is None:  # Nobody else would resume what this call has paused since.
                    self.pause.resume(progress)
            except AWS_ERRORS as failure:
                raise StillPaused(failure) from failure

    def _resume(self, progress: Progress) -> None:
        """Resume the stack, delete the copy if all is written, and then the progress: a later call must not compare
        again. Raises StillPaused, and Lost if another call is the owner.
        """
        ignore_interrupts()
        try:
            stored_progress = self.lease.read()
            self.lease.store(stored_progress or progress)
            self.pause.resume(progress)
            if stored_progress and stored_progress.written:
                self.copy.delete()
            self.lease.end()
        except AWS_ERRORS as error:
            self.lease.release()
            raise StillPaused(error) from error

    def _write(self, report: RestoreReport, pending: Set[str], keys: set[str]) -> int:
        """Write the differences in passes; return the number of differences of the last pass.

        `keys` differed before the pause. The differences with the keys `pending` are in the report already.
        """
        count, paused = 0, self.pause.clock.now()
        for number in range(PASSES):
            keys |= self.changes.keys()
            count = self._pass(report, keys, pending, first=number == 0)
            if number == 0:
                self.pause.wait_for_calls(paused, self.changes.read)
            elif not count:
                break
        return count

    def _pass(self, report: RestoreReport, keys: Set[str], pending: Set[str], *, first: bool) -> int:
        total = 0
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            differences = self.comparison.differences(keys)
            while chunk := list(islice(differences, _CHUNK)):
                if first:
                    self._count_all(report, chunk, pending)
                report.written += sum(pool.map(self.writes.write, chunk))
                total += len(chunk)
        return total

    def _count_all(self, report: RestoreReport, chunk: Sequence[Difference], pending: Set[str]) -> None:
        """Count differences, and store the counts: a continuation after a kill reports the whole restore."""
        for difference in chunk:
            if difference.key in pending:
                report.written -= 1
            else:
                self._count(report, difference)
        self.lease.count(report.counts, report.events, report.written, (difference.key for difference in chunk))

    def _count(self, report: RestoreReport, difference: Difference) -> None:
        kind = self.comparison.kind_of(difference)
        report.counts[kind] += 1
        if kind != difference.kind:
            return
        report.events[self._last_event(difference)] += difference.events
        report.differences.setdefault(difference.kind, []).append(self.comparison.identity(difference))

    def _last_event(self, difference: Difference) -> str:
        if difference.live is None:
            return self.context.deletion_event
        names = {status.value: name for status, name in self.context.event_by_status.items()}
        return names.get(str(difference.live.get("status")), "unknown")


def resume(lease: Lease, pause: Pause) -> Progress:
    """Resume a stack that a restore has paused, and end this restore; its copy of the table stays.

    Raises:
        Refusal: no restore has paused the stack, or it is alive.
        StillPaused: the stack could not be resumed.
    """
    progress = lease.read()
    if progress is None:
        raise Refusal("No restore has paused this stack.")
    lease.take(progress)
    try:
        pause.resume(progress)
        lease.end()
    except AWS_ERRORS as error:
        lease.release()
        raise StillPaused(error) from error
    return progress
