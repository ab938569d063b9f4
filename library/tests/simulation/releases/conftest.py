"""The patches, installed for all schedules of a test."""

from collections.abc import Iterator

import pytest

from .driver import installed


@pytest.fixture
def simulated() -> Iterator[None]:
    """Run the driver over simulated services."""
    with installed():
        yield
