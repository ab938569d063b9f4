"""The faults of the code that the nightly storm has to find can be planted into the library of today."""

from pathlib import Path

import pytest

import bounded_context

from .plants import PLANTS

LIBRARY = Path(bounded_context.__file__).parent


@pytest.mark.parametrize("plant", PLANTS)
def test_the_changed_line_of_a_fault_exists_once(plant: str):
    source = (LIBRARY / PLANTS[plant].file).read_text()
    assert source.count(PLANTS[plant].before) == 1
