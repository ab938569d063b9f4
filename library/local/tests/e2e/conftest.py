"""One running context for all of these tests; each test brings lists and rows of its own."""

import itertools
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bounded_context_local.actors.subscriber import Neighbour
from bounded_context_local.running.context import RunningContext
from bounded_context_local.testing.running import Running
from bounded_context_local.testing.running import running as started

from .dead_letters import Redrive, redriving
from .facts import PARTNERS, PROJECT
from .lists import Sample

# Small enough that a file over the limit is made in no time. Larger than a file of several ranges.
MAX_LIST_MB = 18

# By default one bad row rejects a list. Some tests send lists of which only the good rows are imported.
TOLERATED_SHARE = 0.05


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Where no end-to-end test is to run, none is imported: schemathesis is in the dependency group `e2e` alone."""
    return True if "not e2e" in (config.getoption("markexpr") or "") else None


@pytest.fixture(scope="session", autouse=True)
def ctrl_c() -> None:
    """Let commands end by Ctrl-C. A shell starts background jobs, and all that they start, with the signal ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """The context, with limits of its own; stopped at the end of the session."""
    limits = {"max_list_mb": MAX_LIST_MB, "tolerated_share": TOLERATED_SHARE}
    with started(PROJECT, {**limits, "partners": PARTNERS}) as running:
        yield running


@pytest.fixture(scope="session")
def deployed(running: Running) -> RunningContext:
    """All that one can do with it."""
    return running.deployed


@pytest.fixture(scope="session")
def neighbour(deployed: RunningContext) -> Neighbour:
    """The other context that this one hears of."""
    [neighbour] = deployed.neighbours
    return neighbour


@pytest.fixture(scope="session")
def sample() -> Callable[[int], Sample]:
    """Makes a list of so many good rows, under a name and with identities that no other test has."""
    # Those of the kit count from 1.
    numbers = itertools.count(1_000)
    return lambda rows: Sample.of(next(numbers), rows)


@pytest.fixture
def redrive(deployed: RunningContext, tmp_path: Path) -> Redrive:
    """Runs the command with `--json`, and returns its report."""
    return redriving(deployed, tmp_path)
