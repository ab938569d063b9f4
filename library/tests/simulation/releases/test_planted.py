"""The simulation of releases finds faults that are planted into the driver, each within a minute on one core."""

from itertools import count
from time import process_time

import pytest

from .driver import installed
from .planted import PLANTS
from .schedules import run

_SECONDS = 60.0
_FIRST = 300_000
QUICKEST = (
    "a failed deployment counts if the alias is at its target",
    "the newest definition is read after the functions' shift",
    "releases are ordered by the drivers' clocks",
)


def _is_found(name: str) -> bool:
    until = process_time() + _SECONDS
    with installed(), PLANTS[name]():
        return any(run(seed).violation or process_time() > until for seed in count(_FIRST)) and process_time() < until


@pytest.mark.parametrize("name", QUICKEST)
def test_a_planted_fault_is_found(name: str):
    assert _is_found(name)


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in PLANTS if name not in QUICKEST])
def test_each_planted_fault_is_found_within_a_minute(name: str):
    assert _is_found(name)
