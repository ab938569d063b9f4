"""A repository is small enough to be owned."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from template.bake import bake, files
from template.names import REPOSITORY

MEASURED: dict[str, Any] = runpy.run_path(str(REPOSITORY / "benchmarks" / "sizes.py"))


def test_a_team_gets_what_it_can_read() -> None:
    """Half an hour's reading, and hardly a file that is the same in every context."""
    found = MEASURED["measure"]()
    assert found.files <= 51
    assert found.lines <= 1600
    assert found.same <= 20


@pytest.mark.parametrize(("answers", "most"), [({}, 45), ({"pull_requests": "none"}, 42)], ids=["with", "without"])
def test_a_context_without_lists_is_smaller(answers: dict[str, str], most: int, tmp_path: Path) -> None:
    """With the workflows of pull requests or without them; the library's wheel is a file, too."""
    assert len(list(files(bake(tmp_path, {**answers, "lists": "none"}), ()))) <= most
