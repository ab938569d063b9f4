"""The simulation of redrives finds faults that are planted into the command, each within a minute on one core."""

from itertools import count

import pytest

from ..patches import installed
from .planted import PLANTS
from .schedules import search

_SECONDS = 60.0
_FIRST = 200_000
QUICKEST = ("a message is deleted before it is delivered", "the first answer has all uploads")


def _is_found(name: str) -> bool:
    with installed(), PLANTS[name]():
        return search(count(_FIRST), _SECONDS) is not None


@pytest.mark.parametrize("name", QUICKEST)
def test_a_planted_fault_is_found(name: str):
    assert _is_found(name)


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in PLANTS if name not in QUICKEST])
def test_each_planted_fault_is_found_within_a_minute(name: str):
    assert _is_found(name)
