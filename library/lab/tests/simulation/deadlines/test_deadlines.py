"""Deadlines keep their invariants in every schedule, and planted faults are found."""

import pytest

from ..judging import explore, is_found, judge
from ..schedules import failing
from .planted import PLANTS
from .schedules import run
from .seeds import SEEDS
from .world import play

_FEW = 30
_SCHEDULES = 150
_NIGHTLY = 20_000
QUICKEST = (
    "the last deadline is not read",
    "the last shard is not read",
    "a change keeps the time of the status before",
    "a refusal is repeated for ever",
    "all stays have one key",
)


@pytest.mark.usefixtures("simulated")
@pytest.mark.parametrize("seeds", [range(_FEW), pytest.param(range(_FEW, _SCHEDULES), marks=pytest.mark.slow)], ids=str)
def test_every_invariant_of_deadlines_holds_in_each_schedule(seeds: range):
    judge(next(failing(seeds, run=run), None))


@pytest.mark.usefixtures("simulated")
@pytest.mark.parametrize("finding", SEEDS)
def test_a_schedule_that_once_failed_keeps_every_invariant_of_deadlines(finding: str):
    judge(next(failing([SEEDS[finding]], run=run), None))


@pytest.mark.usefixtures("simulated")
def test_a_schedule_of_deadlines_is_replayed_from_its_choices():
    for seed in range(5):
        outcome = run(seed)
        again = play(seed, outcome.scenario, outcome.profile, outcome.choices)
        assert (again.trace, str(again.violation)) == (outcome.trace, str(outcome.violation))


@pytest.mark.parametrize("name", QUICKEST)
def test_a_planted_fault_of_deadlines_is_detected(name: str):
    assert is_found(PLANTS[name], run)


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in PLANTS if name not in QUICKEST])
def test_each_planted_fault_of_deadlines_is_detected_within_the_schedules(name: str):
    assert is_found(PLANTS[name], run)


@pytest.mark.nightly
@pytest.mark.e2e
def test_every_invariant_of_deadlines_holds_in_many_schedules():
    explore("deadlines", _NIGHTLY)
