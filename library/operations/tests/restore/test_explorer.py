"""A restore that is killed at any call ends well, whichever printed way a person follows."""

from pathlib import Path
from typing import Any

import pytest

from .explorer import explore

NIGHT = pytest.param(10_000, 0, marks=(pytest.mark.e2e, pytest.mark.nightly))


@pytest.mark.parametrize(("schedules", "first"), [*((50, seed) for seed in range(0, 100, 10)), NIGHT])
def test_a_killed_restore_ends_as_the_oracle_expects(schedules: int, first: int, tmp_path: Path, capsys: Any) -> None:
    """Table, projection, readers, concurrency, second tables, and the items of repairs."""
    kills = [schedule.kill for schedule in explore(schedules, tmp_path, capsys, first)]
    assert (len(kills), max(kills) > 30) == (schedules, True)
