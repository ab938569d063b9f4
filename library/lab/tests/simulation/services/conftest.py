"""moto in this process."""

from collections.abc import Iterator
from typing import Any

import pytest

from . import motos


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    """moto's table, which each comparison empties."""
    with motos.account():
        yield motos.made_table()
