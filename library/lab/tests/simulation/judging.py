"""What tests of all parts share: judge a schedule, and search with a planted fault."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import pytest

from .outcome import Outcome
from .patches import installed
from .report import summary
from .schedules import Run, search
from .shrink import shrunk

_LIBRARY: Final = Path(__file__).parents[2]
_SEEDS: Final = range(200_000, 210_000)
"""The schedules of which one has to fail with a planted fault: some minutes on one core if none does."""


def judge(outcome: Outcome | None) -> None:
    """Fail with the shortened schedule if there is one."""
    if outcome is not None:
        pytest.fail(summary(shrunk(outcome)), pytrace=False)


def is_found(plant: Callable[[], AbstractContextManager[Any]], run: Run) -> bool:
    """Return whether a schedule fails with a planted fault, of 10,000."""
    with installed(), plant():
        return search(_SEEDS, run) is not None


def explore(part: str, schedules: int) -> None:
    """Run many schedules of a part on all cores. Raises CalledProcessError if one fails."""
    command = (sys.executable, "-m", "tests.simulation", "--part", part, "--first", "1000000")
    subprocess.run((*command, "--schedules", str(schedules)), cwd=_LIBRARY, check=True)  # noqa: S603
