"""Redrives keep their invariants in every schedule, and a seed gives the same schedule each time."""

import subprocess
import sys
from pathlib import Path

import pytest

from .schedules import failing, run, shrunk, told
from .seeds import SEEDS
from .world import Outcome, play

_SCHEDULES = 300
_NIGHTLY = 50_000
_LIBRARY = Path(__file__).parents[3]


def _judged(found: Outcome | None) -> None:
    if found is not None:
        pytest.fail(told(shrunk(found)), pytrace=False)


@pytest.mark.usefixtures("simulated")
def test_every_invariant_holds_in_each_schedule():
    _judged(next(failing(range(_SCHEDULES)), None))


@pytest.mark.usefixtures("simulated")
@pytest.mark.parametrize("finding", SEEDS)
def test_a_schedule_that_once_failed_keeps_every_invariant(finding: str):
    _judged(next(failing([SEEDS[finding]]), None))


@pytest.mark.nightly
@pytest.mark.e2e
def test_every_invariant_holds_in_many_schedules():
    schedules = ("--part", "redrives", "--first", "1000000", "--schedules", str(_NIGHTLY))
    subprocess.run((sys.executable, "-m", "tests.simulation", *schedules), cwd=_LIBRARY, check=True)  # noqa: S603


@pytest.mark.usefixtures("simulated")
def test_a_schedule_is_replayed_from_its_choices():
    for seed in range(30):
        found = run(seed)
        assert found.trace == run(seed).trace
        assert play(seed, found.scenario, found.profile, found.choices).trace == found.trace
