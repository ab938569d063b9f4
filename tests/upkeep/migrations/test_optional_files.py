"""A repository of 0.4.0 keeps its optional files; the library continues to write its unedited workflows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from template.alone import alone
from template.library import VERSION
from template.upkeep.migrations import migrate, steps
from template.upkeep.migrations.v0_5_0.optional_files import FILES
from template.upkeep.releases import release

from .repository import read
from .test_bakes import copied

OWNED = alone("cli", "optional.files").OWNED
CHECK, PREVIEW = ".github/workflows/check.yml", ".github/workflows/preview.yml"


def test_optional_files_stay_and_edited_workflows_are_the_team_s(bakes: Callable[[str], Path], tmp_path: Path) -> None:
    """The old bake has no optional files after the steps, so the merge removes none."""
    bake, folder = copied(bakes("0.4.0"), tmp_path / "bake"), copied(bakes("0.4.0"), tmp_path / "team")
    edited = read(folder)[PREVIEW].replace("STACK: dev", "STACK: test")
    (folder / PREVIEW).write_text(edited, encoding="utf-8")
    migrate(steps(release("0.4.0"), release(VERSION)), bake, folder)
    today, old, team = read(copied(bakes(VERSION), tmp_path / "today")), read(bake), read(folder)
    assert {*FILES} <= {*team}
    assert not {*FILES} & ({*old} | {*today})
    assert (old[CHECK], team[CHECK]) == (today[CHECK], today[CHECK])
    assert (old[PREVIEW], team[PREVIEW]) == (OWNED + (bakes("0.4.0") / PREVIEW).read_text(), edited)
