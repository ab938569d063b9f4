"""Schedules of releases by their seeds, and how a failing one is simplified and shown."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Final

from .scenario import STRATEGIES, Scenario, drawn
from .world import Outcome, drawn_profile, play


def run(seed: int, known: frozenset[str] = frozenset()) -> Outcome:
    """Run the schedule of a seed. The patches have to be installed; violations of ``known`` are passed over."""
    random = Random(seed)  # noqa: S311
    return play(seed, drawn(random), drawn_profile(random), known=known)


SIMPLER: Final[tuple[Callable[[Scenario], Scenario], ...]] = (
    lambda one: replace(one, strategy=STRATEGIES[0]),
    lambda one: replace(one, removed=None),
    lambda one: replace(one, rollbacks_fail=False, rollback_delay=0.0),
    lambda one: replace(one, drives=tuple(replace(drive, interrupted=None, expired=None) for drive in one.drives)),
    lambda one: replace(one, drives=tuple(replace(drive, minutes=None, skew=0.0) for drive in one.drives)),
    lambda one: replace(one, drives=tuple(replace(drive, on_conflict="wait") for drive in one.drives)),
)
"""Changes that may leave the violation as it is."""


def lines(scenario: Scenario) -> Iterator[str]:
    """Yield the lines that describe a scenario."""
    yield f"{', '.join(scenario.functions)} by {scenario.strategy}, after {scenario.past}"
    for name in ("ups", "drives", "stops"):
        yield from (str(one) for one in getattr(scenario, name))
    yield f"alarms {scenario.alarms}, rollbacks fail {scenario.rollbacks_fail} after {scenario.rollback_delay}"
    yield f"removed {scenario.removed}"
