"""Children keep their invariants in every schedule, and the simulation finds planted faults."""

import pytest

from ..judging import explore, is_found, judge
from ..schedules import failing
from .planted import PLANTS
from .schedules import run
from .world import play

_SCHEDULES = 100
_NIGHTLY = 20_000
QUICKEST = ("a limit is not checked", "a removal leaves the children")


@pytest.mark.usefixtures("simulated")
def test_every_invariant_holds_in_each_schedule():
    judge(next(failing(range(_SCHEDULES), run=run), None))


@pytest.mark.nightly
@pytest.mark.e2e
def test_every_invariant_holds_in_many_schedules():
    explore("children", _NIGHTLY)


@pytest.mark.usefixtures("simulated")
def test_a_schedule_is_replayed_from_its_choices():
    for seed in range(15):
        outcome = run(seed)
        assert outcome.trace == run(seed).trace
        assert play(seed, outcome.scenario, outcome.profile, outcome.choices).trace == outcome.trace


@pytest.mark.parametrize("name", QUICKEST)
def test_a_planted_fault_is_detected(name: str):
    assert is_found(PLANTS[name], run)


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in PLANTS if name not in QUICKEST])
def test_each_planted_fault_is_detected_within_the_schedules(name: str):
    assert is_found(PLANTS[name], run)
