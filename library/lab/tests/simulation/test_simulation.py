"""The code under test keeps its invariants in every schedule, and a seed gives the same schedule each time."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .judging import explore, judge
from .schedules import failing, run
from .seeds import SEEDS
from .world import play

_FEW = 30
_NIGHTLY = 100_000
_LIBRARY = Path(__file__).parents[2]


@pytest.mark.usefixtures("simulated")
@pytest.mark.parametrize(
    "seeds",
    [
        range(_FEW),
        *(pytest.param(range(start, start + 100), marks=pytest.mark.slow) for start in range(_FEW, 600, 100)),
    ],
    ids=str,
)
def test_every_invariant_holds_in_each_schedule(seeds: range):
    judge(next(failing(seeds), None))


@pytest.mark.usefixtures("simulated")
@pytest.mark.parametrize("finding", SEEDS)
def test_a_schedule_that_once_failed_keeps_every_invariant(finding: str):
    judge(next(failing([SEEDS[finding]]), None))


@pytest.mark.nightly
@pytest.mark.e2e
def test_every_invariant_holds_in_many_schedules():
    explore("imports", _NIGHTLY)


def digest(seeds: range) -> str:
    """Return a digest of everything that happens in these schedules."""
    traces = [(seed, outcome.trace, str(outcome.violation)) for seed in seeds for outcome in [run(seed)]]
    return hashlib.sha256(repr(traces).encode()).hexdigest()


@pytest.mark.slow
@pytest.mark.usefixtures("simulated")
def test_a_seed_gives_the_same_schedule_each_time():
    assert digest(range(30)) == digest(range(30))


@pytest.mark.usefixtures("simulated")
def test_a_schedule_is_replayed_from_its_choices():
    for seed in range(30):
        outcome = run(seed)
        again = play(seed, outcome.scenario, outcome.profile, outcome.choices)
        assert again.trace == outcome.trace


_SAY = """
from tests.simulation import environment
from tests.simulation.patches import installed, unpatched_dates
from tests.simulation.test_simulation import digest
with installed():
    print(digest(range(10)), list(unpatched_dates()))
"""


@pytest.mark.nightly
def test_a_schedule_does_not_depend_on_the_hash_seed_of_the_process():
    said = {
        subprocess.run(  # noqa: S603
            (sys.executable, "-c", _SAY),
            cwd=_LIBRARY,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
    # The patches replace the clock of modules that are imported when they are installed.
    assert said.pop().split()[1:] == [b"[]"]
