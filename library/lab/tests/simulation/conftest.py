"""The patches, installed for all schedules of a test."""

from collections.abc import Iterator

import pytest

from .patches import installed


@pytest.fixture
def simulated() -> Iterator[None]:
    """Run handlers over simulated services."""
    with installed():
        yield
