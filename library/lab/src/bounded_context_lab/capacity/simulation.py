"""The discrete-event simulation of a list, by ranges and parts instead of rows, and the numbers that it needs.

These are lists, limits with their meters, and AWS's quotas. All lists of a plan have the same size and arrive at the
same time. They share the limits equally, so a simulation of the largest list is enough.
"""

import math
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, Final

import simpy
from pydantic import Field
from simpy.events import Event, ProcessGenerator

from bounded_context_cli.views.cost import PriceTable


@dataclass(frozen=True)
class Rate:
    """A limit of units a second, with a bucket of `burst` units that is full at first.

    With `doubling`, the limit doubles after this number of seconds, up to `most`. Lists share a limit, except for a
    limit of `each_list`.
    """

    a_second: float
    burst: float = 0
    doubling: float = 0
    most: float = math.inf
    each_list: bool = False


@dataclass(frozen=True)
class Stage:
    """A stage of a list, or a phase of it: one call for all parts, or the children of a map with a call for each item.

    Args:
        name: the name of the stage. The phases of a stage call the same function.
        phase: the name of the phase; empty for the only phase of a stage.
        lanes: the maximum number of concurrent children; None for one call.
        item_rows: the rows of an item of the map; 0 if an item is a part.
        call: the seconds of a call, without its parts.
        part: the seconds of a part, without its rows.
        row: the seconds of a row.
        of_row: the units of each rate that a row uses.
        of_call: the units of each rate that a call uses.
        reserved: the maximum number of concurrent calls for all lists; None for that of the plan.
        longest: the seconds after which Lambda stops a call.
    """

    name: str
    phase: str = ""
    lanes: int | None = None
    item_rows: int = 0
    call: float = 0
    part: float = 0
    row: float = 0
    of_row: Mapping[str, float] = field(default_factory=dict)
    of_call: Mapping[str, float] = field(default_factory=dict)
    reserved: int | None = None
    longest: float = math.inf

    @property
    def title(self) -> str:
        """The name of the stage, with its phase."""
        return f"{self.name} ({self.phase})" if self.phase else self.name


@dataclass(frozen=True)
class Plan:
    """The import of `rows` in `lists` of equal size, which arrive at the same time.

    Args:
        rows: the rows of all lists.
        lists: the number of lists.
        part_rows: the rows of a part.
        stages: the stages and phases of a list in order. The rows of the last stage are written, and have events.
        events: the publication of a part's events.
        rates: the limits by name.
        executions: the concurrent calls of all stages, except the events.
        cold_start: the seconds until a new environment of a function runs.
    """

    rows: int
    lists: int
    part_rows: int
    stages: tuple[Stage, ...]
    events: Stage
    rates: Mapping[str, Rate]
    executions: int
    cold_start: float = 0

    def phases(self, name: str) -> list[Stage]:
        """Return the phases of a stage by its name."""
        return [stage for stage in (*self.stages, self.events) if stage.name == name]

    @property
    def parts(self) -> list[int]:
        """The rows of each part of the largest list."""
        return _divided(math.ceil(self.rows / self.lists), self.part_rows)

    def items(self, stage: Stage) -> list[int]:
        """Return the rows of each call of a stage for the largest list."""
        if stage.lanes is None:
            return [sum(self.parts)]
        return _divided(sum(self.parts), stage.item_rows) if stage.item_rows else self.parts

    def sharing(self, rate: Rate) -> int:
        """Return the number of lists that share a limit."""
        return 1 if rate.each_list else self.lists

    def share(self, rate: Rate) -> Rate:
        """Return a list's share of a limit."""
        lists = self.sharing(rate)
        return replace(rate, a_second=rate.a_second / lists, burst=rate.burst / lists, most=rate.most / lists)

    def lanes_of(self, stage: Stage) -> int:
        """Return the concurrent calls of a stage that a list may have: its share, and at least one."""
        return max(1, (stage.reserved or self.executions) // self.lists)

    def seconds(self, stage: Stage, rows: int) -> float:
        """Return the seconds of a call for some rows. More lists than concurrent calls take turns."""
        turns = max(1.0, self.lists / (stage.reserved or self.executions))
        parts = math.ceil(rows / self.part_rows)
        return turns * (stage.call + parts * stage.part + rows * stage.row)


def _divided(rows: int, size: int) -> list[int]:
    full, remainder = divmod(rows, size)
    return [size] * full + [remainder] * bool(remainder)


class Quota(PriceTable, frozen=True):
    """An AWS quota. `asked` is its name in Service Quotas; empty if AWS does not raise it."""

    service: str
    value: float
    unit: str
    source: str
    burst: float = 0
    asked: str = Field("", alias="raise")
    regions: Mapping[str, Mapping[str, float]] = {}

    def of(self, region: str) -> "Quota":
        """Return the quota of a region."""
        return self.model_copy(update=dict(self.regions.get(region, {})))

    @property
    def rate(self) -> Rate:
        """The quota as a limit of units a second."""
        return Rate(self.value, self.burst)

    def __str__(self) -> str:
        return f"{self.service}: {self.value:,.0f} {self.unit}"


class Seconds(PriceTable, frozen=True):
    """The assumed times of calls. The file has their sources."""

    cold_start: float
    object: float
    delivery: float


@cache
def _read() -> Mapping[str, Any]:
    return tomllib.loads((files("bounded_context_lab") / "data" / "quotas.toml").read_text(encoding="utf-8"))


def quotas(region: str) -> Mapping[str, Quota]:
    """Return the quotas of a region by name."""
    return {name: Quota.model_validate(quota).of(region) for name, quota in _read()["quotas"].items()}


def seconds() -> Seconds:
    """Return the assumed times."""
    return Seconds.model_validate(_read()["seconds"])


class Meter:
    """A token bucket: it returns the time at which it has passed a number of units, in the order of the requests."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._passed = 0.0
        self._first: float | None = None

    def passes(self, now: float, units: float) -> float:
        """Take units, and return the time at which the last unit has passed."""
        saved = self.rate.burst / self.rate.a_second
        if self._first is None:
            self._first, self._passed = now, now - saved
        self._passed = self._after(max(self._passed, now - saved), units, self._first)
        return self._passed

    def _after(self, start: float, units: float, first: float) -> float:
        """Return the time at which units have passed from `start`. The limit doubles at fixed times after `first`."""
        rate = self.rate
        doubled = int((start - first) // rate.doubling) if rate.doubling else 0
        while True:
            speed = min(rate.a_second * 2.0**doubled, rate.most)
            doubled += 1
            ends = first + doubled * rate.doubling
            if not rate.doubling or speed == rate.most or start + units / speed <= ends:
                return start + units / speed
            units -= max(0.0, ends - start) * speed
            start = max(start, ends)


def log10_overload(rows: int, a_second: float, keys: int, most: float) -> float:
    """Return the decimal logarithm of a bound of the probability that a key gets over `most` rows in any second.

    A second has `a_second` consecutive rows, and begins at any row: the bound is the sum over all seconds and all keys.
    Each row has one of `keys` keys with the same probability. The bound is at most 1, and 0 (-inf) if one key accepts
    all rows of a second.
    """
    log_tail = log_binomial_tail(a_second, 1 / keys, most)
    return min(0.0, (math.log(rows) + math.log(keys) + log_tail) / math.log(10))


def log_binomial_tail(trials: float, share: float, most: float) -> float:
    """Return the natural logarithm of Chernoff's bound of P(X > `most`) for a binomial X.

    The bound is exp(-n D(a||p)), with a = most/n and the relative entropy D (Hoeffding 1963, theorem 1).
    """
    if most >= trials:
        return -math.inf
    if (part := most / trials) <= share:
        return 0.0
    complement = 1 - part
    return -trials * (part * math.log(part / share) + complement * math.log(complement / (1 - share)))


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
