"""One running context for all of these tests; each test brings lists and rows of its own."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .letters import Redrive, redriving
from .lists import Sample
from local.context import RunningContext, running_context
from local.neighbour import Neighbour

# Small enough that a file over the limit is made in no time, larger than the longest line that a test sends.
MAX_LIST_MB = 11


@pytest.fixture(scope="session")
def context() -> Iterator[RunningContext]:
    """The deployed context, stopped at the end of the session."""
    with running_context(settings={"max_list_mb": MAX_LIST_MB}) as running:
        yield running


@pytest.fixture(scope="session")
def neighbour(context: RunningContext) -> Neighbour:
    """The other context that this one hears of."""
    [one] = context.neighbours
    return one


@pytest.fixture(scope="session")
def sample() -> Callable[[int], Sample]:
    """Makes a list of so many good rows, under a name and with identities that no other test has."""
    numbers = itertools.count(1)
    return lambda rows: Sample.of(next(numbers), rows)


@pytest.fixture
def redrive(context: RunningContext, tmp_path: Path) -> Redrive:
    """Runs the command with `--json`, and returns its report."""
    return redriving(context, tmp_path)
