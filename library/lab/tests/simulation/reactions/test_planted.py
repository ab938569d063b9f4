"""The simulation of reactions finds faults that are planted into them, each within 10,000 schedules."""

import pytest

from ..judging import is_found
from .planted import PLANTS
from .schedules import run

QUICKEST = ("the key lacks the claim", "an older event follows a newer event")


@pytest.mark.parametrize("name", QUICKEST)
def test_a_planted_fault_is_detected(name: str):
    assert is_found(PLANTS[name], run)


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in PLANTS if name not in QUICKEST])
def test_each_planted_fault_is_detected_within_the_schedules(name: str):
    assert is_found(PLANTS[name], run)
