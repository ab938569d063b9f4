"""The numbers that a simulation needs: lists, limits with their meters, and AWS's quotas."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import Field

from bounded_context_cli.views.cost.prices import PriceTable


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
