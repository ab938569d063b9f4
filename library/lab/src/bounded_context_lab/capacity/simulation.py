"""The discrete-event simulation of a list, by ranges and parts instead of rows.

All lists of a plan have the same size and arrive at the same time. They share the limits equally, so a simulation of
the largest list is enough.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import simpy
from simpy.events import Event, ProcessGenerator

from .plan import Meter, Plan, Stage

Times = Mapping[str, float]

EXECUTIONS: Final = "executions"
"""The name of the limit of concurrent executions of Lambda."""

SCALING: Final = "scaling"
"""The name of the rate of new environments of a function."""


@dataclass(frozen=True)
class Outcome:
    """The result of a simulation.

    Attributes:
        total: seconds from the upload to the last event.
        stages: seconds of each stage, and of the events after the import.
        phases: seconds of each phase of a stage, by its title.
        delivered: rows of the list whose events are published.
        waits: seconds that calls waited for each limit, in sum.
        longest: seconds of the longest call of each phase, by its title.
        used: the mean of the units a second of each limit, while it is used, for all lists.
        oldest: seconds from the write of a part to its last event, for the part that waits the longest.
    """

    total: float
    stages: Times
    phases: Times
    delivered: int
    waits: Times
    longest: Times
    used: Times
    oldest: float

    @property
    def imported(self) -> float:
        """The seconds from the upload to the last row."""
        return sum(self.phases.values())


def simulate(plan: Plan) -> Outcome:
    """Simulate a list of a plan until its last event is delivered."""
    run = _Run(plan)
    run.env.process(run.import_list())
    run.env.run()
    return run.outcome()


class _Work:
    """The items that no child of a map has taken. `done` is triggered when all items are processed."""

    def __init__(self, items: Sequence[int], done: Event) -> None:
        self.left, self.done, self._open = iter(items), done, len(items)

    def end(self) -> None:
        """Count a processed item."""
        self._open -= 1
        if not self._open:
            self.done.succeed()


@dataclass
class _Use:
    """The use of a limit: its units, the first request, and the end of the work that uses it."""

    units: float = 0
    first: float = math.inf
    end: float = 0

    def add(self, now: float, end: float, units: float) -> None:
        """Add the units of a piece of work, which begins now."""
        self.units, self.first, self.end = self.units + units, min(self.first, now), max(self.end, end)

    @property
    def a_second(self) -> float:
        """The mean of the units a second."""
        return self.units / max(1.0, self.end - self.first)


class _Run:
    """A simulation in progress."""

    def __init__(self, plan: Plan) -> None:
        self.env = simpy.Environment()
        self._plan = plan
        self._meters = {name: Meter(plan.share(rate)) for name, rate in plan.rates.items()}
        self._new = {stage.name: Meter(plan.share(plan.rates[SCALING])) for stage in plan.stages}
        self._waits, self._longest = defaultdict[str, float](float), defaultdict[str, float](float)
        self._uses = defaultdict[str, _Use](_Use)
        self._ends: dict[str, float] = {}
        self._phases: dict[str, float] = {}
        self._environments = defaultdict[str, int](int)
        self._delivered, self._last, self._oldest = 0, 0.0, 0.0

    def outcome(self) -> Outcome:
        """Return the result after the end of the run."""
        ends = {**self._ends, self._plan.events.name: self._last}
        begins = (0.0, *ends.values())
        return Outcome(
            total=self._last,
            stages={name: end - begin for (name, end), begin in zip(ends.items(), begins, strict=False)},
            phases=dict(self._phases),
            delivered=self._delivered,
            waits={name: seconds for name, seconds in self._waits.items() if seconds > 0},
            longest=dict(self._longest),
            used={name: use.a_second * self._plan.sharing(self._plan.rates[name]) for name, use in self._uses.items()},
            oldest=self._oldest,
        )

    def import_list(self) -> ProcessGenerator:
        """Run the stages of a list."""
        for stage in self._plan.stages:
            items, start = self._plan.items(stage), self.env.now
            preferred = min(stage.lanes or 1, len(items))
            lanes = min(preferred, self._plan.lanes_of(stage))
            yield self._start(stage, items, lanes).done
            self._ends[stage.name] = self.env.now
            self._phases[stage.title] = self.env.now - start
            if lanes < preferred:
                self._waits[EXECUTIONS] += self.env.now - start

    def _start(self, stage: Stage, items: Sequence[int], lanes: int) -> _Work:
        """Start the lanes of a stage. An earlier phase of the stage has left its environments."""
        work, ready = _Work(items, self.env.event()), self._environments[stage.name]
        for number in range(lanes):
            self.env.process(self._lane(stage, work, is_new=number >= ready))
        self._environments[stage.name] = max(ready, lanes)
        return work

    def _lane(self, stage: Stage, work: _Work, *, is_new: bool) -> ProcessGenerator:
        """Take items until none is left. The other lanes take them while this lane has no environment."""
        if is_new:
            yield self._until(self._environment(stage))
        for rows in work.left:
            yield self._until(self._end_of_work(0, stage.of_call, 1))
            start = self.env.now
            yield self._until(self._end_of_work(self._plan.seconds(stage, rows), stage.of_row, rows))
            self._longest[stage.title] = max(self._longest[stage.title], self.env.now - start)
            if stage is self._plan.stages[-1]:
                self.env.process(self._publish(rows))
            work.end()

    def _environment(self, stage: Stage) -> float:
        """Return the time at which a new environment of a function runs."""
        ready = max(self.env.now, self._new[stage.name].passes(self.env.now, 1))
        self._waits[SCALING] += ready - self.env.now
        return ready + self._plan.cold_start

    def _publish(self, rows: int) -> ProcessGenerator:
        events, start = self._plan.events, self.env.now
        yield self._until(self._end_of_work(self._plan.seconds(events, rows), events.of_row, rows))
        self._delivered, self._last = self._delivered + rows, self.env.now
        self._oldest = max(self._oldest, self.env.now - start)

    def _end_of_work(self, seconds: float, uses: Times, number: float) -> float:
        """Return the time at which work of some seconds ends, which uses units of limits for a number of rows.

        The limit that passes last has the wait.
        """
        end = self.env.now + seconds
        passes = ((self._meters[name].passes(self.env.now, units * number), name) for name, units in uses.items())
        last, name = max(passes, default=(end, ""))
        if last > end:
            self._waits[name] += last - end
        for used, units in uses.items():
            self._uses[used].add(self.env.now, max(end, last), units * number)
        return max(end, last)

    def _until(self, time: float) -> Event:
        return self.env.timeout(max(0.0, time - self.env.now))
