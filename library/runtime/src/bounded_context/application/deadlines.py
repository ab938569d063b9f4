"""Deadlines: the pass over the aggregates that are due, in the order of their times."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from ..domain.aggregate import Aggregate, ListOpen, NotFound, VersionConflict
from ..domain.deadlines import Deadline, due_at
from .calls import Run, require_same, seconds_to_spare

A = TypeVar("A", bound=Aggregate[Any, Any])


class Due(NamedTuple):
    """An entry of the index: its sort key, the aggregate's identity, and the status of the deadline."""

    text: str
    identity: str
    status: str


class DueAggregates(Protocol[A]):
    """The aggregates by the times at which they are due."""

    def due(self, at: datetime) -> Iterator[Due]:
        """Yield the entries that are due, in the order of their times. Recent writes may be missing."""
        ...

    def get(self, entry: Due) -> A | None:
        """Return the stored aggregate, or None if it has left the status since, or its time began anew."""
        ...

    def release(self, entry: Due) -> None:
        """Let an aggregate be due no more if it is still in the same stay in the status."""
        ...


class Outcome(StrEnum):
    """The outcome of an entry. The aggregate stays in the index after WAITING and FAILED, for the next pass."""

    MET = "met"
    NOTHING = "nothing"
    REFUSED = "refused"
    STALE = "stale"
    WAITING = "waiting"
    FAILED = "failed"


_STALE: Final = (NotFound.code, VersionConflict.code)
"""Refusals of a command whose aggregate has changed since it was read."""

STAYS: Final = (Outcome.WAITING, Outcome.FAILED)


@dataclass
class Pass:
    """The counts of a pass by outcome, and the time of the oldest aggregate that stays in the index, if any."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    oldest: datetime | None = None
    complete: bool = True

    def stays(self, entry: Due) -> None:
        """Note an entry that stays in the index. The first such entry is the oldest."""
        self.oldest = self.oldest or due_at(entry.text)

    def age(self, at: datetime) -> float:
        """Return the seconds by which the oldest aggregate of the index is late, or 0."""
        return 0.0 if self.oldest is None else max(0.0, (at - self.oldest).total_seconds())


@dataclass(frozen=True)
class Deadlines(Generic[A]):
    """The deadlines of a context.

    Args:
        by_status: the deadlines.
        aggregates: the aggregates that are due.
        run: runs a command under an idempotency key, once.
        passing: the codes of refusals that end by themselves, such as that of an open list.
        report: gets each entry with its outcome, and the exception, or the code of a refusal.
    """

    by_status: Mapping[str, Deadline[A]]
    aggregates: DueAggregates[A]
    run: Run
    passing: frozenset[str] = frozenset({ListOpen.code})
    report: Callable[[Due, Outcome, Exception | str], None] = lambda *_: None

    def meet(self, at: datetime) -> Pass:
        """Send the commands of all aggregates that are due, until the call's time is nearly over.

        A pass may be repeated, and two may overlap: a command has one effect. The next pass continues.
        """
        result = Pass()
        for entry in self.aggregates.due(at):
            if seconds_to_spare() <= 0:
                result.stays(entry)
                result.complete = False
                break
            outcome, error = self._outcome(entry)
            result.outcomes[outcome] += 1
            if outcome in STAYS:
                result.stays(entry)
            self.report(entry, outcome, error)
        return result

    def _outcome(self, entry: Due) -> tuple[Outcome, Exception | str]:
        try:
            return self._met(entry)
        except Exception as error:
            # One aggregate's failure must not delay the others.
            return Outcome.FAILED, error

    def _met(self, entry: Due) -> tuple[Outcome, str]:
        aggregate, rule = self.aggregates.get(entry), self.by_status[entry.status].command
        if aggregate is None:
            return Outcome.STALE, ""
        command = rule(aggregate)
        if command is None:
            self.aggregates.release(entry)
            return Outcome.NOTHING, ""
        require_same(command, aggregate, rule)
        command = command.model_copy(update={"expected_version": aggregate.tag})
        code = self.run(command, f"{entry.status}/{aggregate.id}/{aggregate.tag}")
        if not code:
            return Outcome.MET, ""
        if code in _STALE or code in self.passing:
            return Outcome.STALE if code in _STALE else Outcome.WAITING, code
        self.aggregates.release(entry)
        return Outcome.REFUSED, code
