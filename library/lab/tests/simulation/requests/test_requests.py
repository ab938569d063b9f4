"""Requests, queries and inbound events keep their invariants, and planted faults are found."""

import pytest

from ..judging import explore, is_found, judge
from ..patches import installed
from ..schedules import failing
from ..world import play
from .planted import PLANTS
from .schedules import run
from .seeds import FOUND, SEEDS
from .world import RequestsWorld

_FEW = 40
_SCHEDULES = 150
_NIGHTLY = 50_000
QUICKEST = (
    "a key takes any payload",
    "a page begins with its shard",
    "unreadable messages are dropped",
    "a list is counted when its undo begins",
)


@pytest.mark.usefixtures("simulated")
@pytest.mark.parametrize("seeds", [range(_FEW), pytest.param(range(_FEW, _SCHEDULES), marks=pytest.mark.slow)], ids=str)
def test_every_invariant_of_requests_holds_in_each_schedule(seeds: range):
    judge(next(failing(seeds, run=run), None))


@pytest.mark.usefixtures("simulated")
@pytest.mark.parametrize("seed", (SEEDS | FOUND).values(), ids=(SEEDS | FOUND).keys())
def test_a_schedule_that_once_failed_keeps_every_invariant_of_requests(seed: int):
    judge(next(failing([seed], run=run), None))


@pytest.mark.usefixtures("simulated")
def test_a_schedule_of_requests_is_replayed_from_its_choices():
    for seed in range(10):
        outcome = run(seed)
        again = play(seed, outcome.scenario, outcome.profile, outcome.choices, kind=RequestsWorld)
        assert (again.trace, str(again.violation)) == (outcome.trace, str(outcome.violation))


@pytest.mark.parametrize("name", QUICKEST)
def test_a_planted_fault_of_requests_is_detected(name: str):
    assert is_found(PLANTS[name], run)


@pytest.mark.parametrize("name", SEEDS)
def test_a_seed_of_requests_fails_with_its_fault(name: str):
    with installed(), PLANTS[name]():
        assert run(SEEDS[name]).violation is not None


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in PLANTS if name not in QUICKEST])
def test_each_planted_fault_of_requests_is_detected_within_the_schedules(name: str):
    assert is_found(PLANTS[name], run)


@pytest.mark.nightly
@pytest.mark.e2e
def test_every_invariant_of_requests_holds_in_many_schedules():
    explore("requests", _NIGHTLY)
