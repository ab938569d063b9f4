"""Releases keep their invariants in every schedule, and a seed gives the same schedule each time."""

import pytest

from ..judging import explore, judge
from ..patches import installed
from ..profile import Profile
from ..scheduler import Scheduler
from ..schedules import failing
from .driver import Ran
from .planted import PLANTS
from .scenario import MACHINE, STRATEGIES, Drive, Scenario, Up
from .schedules import run
from .seeds import SEEDS
from .world import World

_FEW = 100
_SCHEDULES = 400
_NIGHTLY = 50_000
_PARTS = 14


@pytest.mark.usefixtures("simulated")
@pytest.mark.parametrize("seeds", [range(_FEW), pytest.param(range(_FEW, _SCHEDULES), marks=pytest.mark.slow)], ids=str)
def test_every_invariant_holds_in_each_schedule(seeds: range):
    judge(next(failing(seeds, run=run), None))


@pytest.mark.usefixtures("simulated")
@pytest.mark.parametrize("finding", SEEDS)
def test_a_schedule_that_once_failed_keeps_every_invariant(finding: str):
    judge(next(failing([SEEDS[finding]], run=run), None))


@pytest.mark.parametrize("finding", SEEDS)
def test_a_seed_fails_with_its_fault(finding: str):
    with installed(), PLANTS[finding]():
        assert run(SEEDS[finding]).violation is not None


@pytest.mark.nightly
@pytest.mark.e2e
def test_every_invariant_holds_in_many_schedules():
    explore("releases", _NIGHTLY)


@pytest.mark.usefixtures("simulated")
def test_a_seed_gives_the_same_schedule_each_time():
    assert [run(seed).trace for seed in range(20)] == [run(seed).trace for seed in range(20)]


@pytest.mark.usefixtures("simulated")
@pytest.mark.parametrize("apart", [0.0, 0.05, 3.0, 600.0])
@pytest.mark.parametrize("count", [2, 3])
def test_a_version_that_failed_is_deployed_by_none_of_the_other_drivers(count: int, apart: float):
    """Also by a driver that began before the failure, and has adopted, or waited for, the deployment of the first."""
    drives = tuple(Drive("start", at=1.0 + number * apart) for number in range(count))
    scenario = Scenario(functions=("one",), ups=(Up(0.0, ("one",), "pre", "one"),), drives=drives)
    for seed in range(20):
        scheduler = Scheduler(seed, Profile(switch=0.5))
        world = World(scheduler, scenario, frozenset())
        world.run()
        assert len([deployment for deployment in world.codedeploy.all if deployment.target == 2]) == 1
        assert [ran.status for ran in world.ran[:count]].count(0) == 0


def _released(changed: bool, strategy: str) -> Ran:
    names = tuple(f"function{number}" for number in range(_PARTS))
    scheduler = Scheduler(1, Profile())
    scheduler.calm = True
    world = World(scheduler, Scenario(functions=names, strategy=strategy), frozenset())
    ran: list[Ran] = []
    if changed:
        scheduler.spawn("up", lambda: world.publish(Up(0.0, (*names, MACHINE))))
    scheduler.spawn("driver", lambda: ran.append(world.drive(Drive("start"))))
    scheduler.run()
    return ran[0]


@pytest.mark.usefixtures("simulated")
@pytest.mark.parametrize(
    ("changed", "strategy", "before"),
    [(False, "AllAtOnce", 86), (True, "AllAtOnce", 274), (True, STRATEGIES[1], 613), (True, STRATEGIES[2], 957)],
)
def test_a_release_takes_one_more_read_an_alias_at_most(changed: bool, strategy: str, before: int):
    """The numbers are those of the driver that trusted its earlier reads."""
    ran = _released(changed, strategy)
    assert ran.status == 0
    assert ran.seen.calls <= before + _PARTS + 1
