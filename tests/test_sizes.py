"""A repository is small enough to be owned."""

import runpy
from typing import Any

from template.names import REPOSITORY

MEASURED: dict[str, Any] = runpy.run_path(str(REPOSITORY / "benchmarks" / "sizes.py"))


def test_a_team_gets_what_it_can_read() -> None:
    """Half an hour's reading, and hardly a file that is the same in every context."""
    found = MEASURED["measure"]()
    assert found.files <= 60
    assert found.lines <= 1600
    assert found.same <= 20
