"""Reactions keep their invariants in every schedule, and a seed gives the same schedule each time."""

import pytest

from ..judging import explore, judge
from ..schedules import failing
from .schedules import run
from .world import play

_SCHEDULES = 100
_NIGHTLY = 20_000


@pytest.mark.usefixtures("simulated")
def test_every_invariant_holds_in_each_schedule():
    judge(next(failing(range(_SCHEDULES), run=run), None))


@pytest.mark.nightly
@pytest.mark.e2e
def test_every_invariant_holds_in_many_schedules():
    explore("reactions", _NIGHTLY)


@pytest.mark.usefixtures("simulated")
def test_a_schedule_is_replayed_from_its_choices():
    for seed in range(15):
        outcome = run(seed)
        assert outcome.trace == run(seed).trace
        assert play(seed, outcome.scenario, outcome.profile, outcome.choices).trace == outcome.trace
