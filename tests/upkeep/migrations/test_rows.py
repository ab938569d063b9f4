"""Checks of 0.2.0 get typed rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from template.upkeep.migrations.v0_3_0 import rows

from .repository import read, written

IMPORT = "from bounded_context.lists import Rejection, StagedRow\n\n\n"
CHECK = (
    "def payable(rows: list[StagedRow], list_id: str) -> list[Rejection]:\n    return [row.values for row in rows]\n"
)
NEW = (
    "from collections.abc import Sequence\nfrom typing import Any\n\n"
    "from bounded_context.lists import Rejection, TypedRow\n\n\n"
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (IMPORT + CHECK, NEW + CHECK.replace("list[StagedRow]", "Sequence[TypedRow[Any]]")),
        (IMPORT + "x: StagedRow\n", IMPORT + "x: StagedRow\n"),
        ("import os\n", "import os\n"),
    ],
)
def test_the_annotation_of_a_check_follows(tmp_path: Path, before: str, after: str) -> None:
    """Other uses of the name stay: it is still public."""
    folder = written(tmp_path / "team", {"a.py": before})
    for _ in range(2):
        assert list(rows.apply(folder, folder)) == []
        assert read(folder) == {"a.py": after}
