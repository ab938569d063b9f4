"""The numbers that a simulation needs: lists, stages and limits. They contain no fact of AWS or of a context."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace


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
    full, rest = divmod(rows, size)
    return [size] * full + [rest] * bool(rest)
