"""The simulation of redrives finds faults that are planted into the command, each within 10,000 schedules."""

import pytest

from ..judging import is_found
from .planted import PLANTS
from .schedules import run

QUICKEST = ("a message is deleted before it is delivered", "the first answer has all uploads")


@pytest.mark.parametrize("name", QUICKEST)
def test_a_planted_fault_is_detected(name: str):
    assert is_found(PLANTS[name], run)


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in PLANTS if name not in QUICKEST])
def test_each_planted_fault_is_detected_within_the_schedules(name: str):
    assert is_found(PLANTS[name], run)
