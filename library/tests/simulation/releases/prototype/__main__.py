"""Judges the prototype: ``python -m tests.simulation.releases.prototype judge FIRST COUNT``, or ``events SECONDS``.

``judge`` plays schedules of the release simulator. ``events`` counts the history events of a release of 14 functions,
with the seconds between two polls.
"""

import sys
from collections import Counter

from .... import conftest as conftest
from ... import scheduler as scheduling
from ...patches import installed
from ...profile import Profile
from ...scheduler import Scheduler
from ..scenario import MACHINE, Drive, Scenario, Up
from . import definition, driver, world

_STRATEGIES = (
    *("AllAtOnce", "Canary10Percent5Minutes", "Canary10Percent15Minutes"),
    *("Linear10PercentEvery1Minute", "Linear10PercentEvery3Minutes"),
)


def judge(first: int, count: int) -> None:
    """Play schedules, and print the violations by the names of the invariants."""
    scheduling._MOST_STEPS = 60_000  # type: ignore[misc]
    outcomes = (world.run(seed) for seed in range(first, first + count))
    violations = Counter(outcome.violation.name for outcome in outcomes if outcome.violation)
    print(count, "schedules, violations:", dict(violations) or "none")  # noqa: T201


def events(seconds: int) -> None:
    """Print the history events and the transitions of a release for each strategy."""
    definition.POLL = driver.POLL = seconds  # type: ignore[misc]
    names = tuple(f"function{number}" for number in range(14))
    for strategy in _STRATEGIES:
        scheduler = Scheduler(1, Profile())
        scheduler.calm = True
        schedule = world.PrototypeWorld(scheduler, Scenario(functions=names, strategy=strategy), frozenset())
        scheduler.spawn("up", lambda one=schedule: one.publish(Up(0.0, (*names, MACHINE))))
        scheduler.spawn("driver", lambda one=schedule: one.drive(Drive("start")))
        scheduler.run()
        print(strategy, world.MEASURES[-1], f"{scheduler.clock:.0f} seconds")  # noqa: T201


if __name__ == "__main__":
    with installed():
        if sys.argv[1] == "judge":
            judge(int(sys.argv[2]), int(sys.argv[3]))
        else:
            events(int(sys.argv[2]))
