"""Requests, queries and inbound events keep their invariants, and planted faults are found."""

import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from ..patches import installed
from ..report import told
from ..schedules import failing, search
from ..shrink import shrunk
from ..world import Outcome, play
from .planted import PLANTS
from .schedules import run
from .seeds import FOUND, SEEDS
from .world import RequestsWorld

_FIRST = 200_000
_SECONDS = 60.0
_SCHEDULES = 150
_NIGHTLY = 50_000
_LIBRARY = Path(__file__).parents[3]
QUICKEST = (
    "a key takes any payload",
    "a page begins with its shard",
    "unreadable messages are dropped",
    "a list is counted when its undo begins",
)


def _judged(found: Outcome | None) -> None:
    if found is not None:
        pytest.fail(told(shrunk(found)), pytrace=False)


@pytest.mark.usefixtures("simulated")
def test_every_invariant_of_requests_holds_in_each_schedule():
    _judged(next(failing(range(_SCHEDULES), run=run), None))


@pytest.mark.usefixtures("simulated")
@pytest.mark.parametrize("seed", (SEEDS | FOUND).values(), ids=(SEEDS | FOUND).keys())
def test_a_schedule_that_once_failed_keeps_every_invariant_of_requests(seed: int):
    _judged(next(failing([seed], run=run), None))


@pytest.mark.usefixtures("simulated")
def test_a_schedule_of_requests_is_replayed_from_its_choices():
    for seed in range(10):
        found = run(seed)
        again = play(seed, found.scenario, found.profile, found.choices, kind=RequestsWorld)
        assert (again.trace, str(again.violation)) == (found.trace, str(found.violation))


def _is_found(name: str) -> bool:
    with installed(), PLANTS[name]():
        return search(count(_FIRST), _SECONDS, run) is not None


@pytest.mark.parametrize("name", QUICKEST)
def test_a_planted_fault_of_requests_is_found(name: str):
    assert _is_found(name)


@pytest.mark.parametrize("name", SEEDS)
def test_a_seed_of_requests_fails_with_its_fault(name: str):
    with installed(), PLANTS[name]():
        assert run(SEEDS[name]).violation is not None


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in PLANTS if name not in QUICKEST])
def test_each_planted_fault_of_requests_is_found_within_a_minute(name: str):
    assert _is_found(name)


@pytest.mark.nightly
@pytest.mark.e2e
def test_every_invariant_of_requests_holds_in_many_schedules():
    command = (sys.executable, "-m", "tests.simulation", "--part", "requests", "--first", "1000000")
    subprocess.run((*command, "--schedules", str(_NIGHTLY)), cwd=_LIBRARY, check=True)  # noqa: S603
