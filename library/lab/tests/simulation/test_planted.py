"""The simulator finds faults that are planted into the code under test, each within 10,000 schedules."""

import pytest

from .judging import is_found
from .patches import installed
from .planted import PLANTS
from .schedules import run
from .seeds import SEEDS

QUICKEST = (
    "a status is written without a condition",
    "an undo's transaction is repeated once",
    "attempts of a step share a folder",
)


RAREST = (
    "a key is locked for its function's time alone",
    "an execution whose list is taken is not recorded",
)
"""Faults of which one schedule in some 100,000 fails: the search found them once, and their seeds find them again."""


@pytest.mark.parametrize("name", RAREST)
def test_a_rare_planted_fault_fails_its_seed(name: str):
    with installed(), PLANTS[name]():
        assert run(SEEDS[name]).violation is not None


@pytest.mark.parametrize("name", QUICKEST)
def test_a_planted_fault_is_detected(name: str):
    assert is_found(PLANTS[name], run)


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in PLANTS if name not in (*QUICKEST, *RAREST)])
def test_each_planted_fault_is_detected_within_the_schedules(name: str):
    assert is_found(PLANTS[name], run)
