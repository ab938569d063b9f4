"""All steps on bakes of earlier versions, as they are and with the edits of a team."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from matrix.pairs import rows, share
from matrix.values import NEVER, VALUES, answers_of

from template.library import VERSION
from template.upkeep.bakes import bakes_of
from template.upkeep.migrations import migrate, steps
from template.upkeep.migrations.v0_5_0.optional_files import FILES as OPTIONAL
from template.upkeep.releases import release
from template.upkeep.sources import sources

from ..edits import all_edits
from ..team import BakedBy
from ..test_update import EARLIER, UPDATED
from .repository import read

BINARY = (".git", ".whl")


def copied(folder: Path, to: Path) -> Path:
    """Return a copy without git's files and the wheel."""
    return Path(shutil.copytree(folder, to, ignore=shutil.ignore_patterns(*(f"*{ending}" for ending in BINARY))))


@pytest.mark.slow
@pytest.mark.parametrize("version", UPDATED)
@pytest.mark.parametrize("edited", [False, True], ids=["as it was baked", "with a team's edits"])
def test_steps_that_are_applied_twice_change_nothing_more(
    baked_by: BakedBy, bakes: Callable[[str], Path], tmp_path: Path, version: str, edited: bool
) -> None:
    """After an update that was reverted, the same steps follow."""
    team = baked_by(version)
    if edited:
        all_edits(team)
    every = steps(release(version), release(VERSION))
    bake, folder = copied(bakes(version), tmp_path / "bake"), copied(team.folder, tmp_path / "copy")
    migrate(every, bake, folder)
    once = read(folder)
    migrate(every, bake, folder)
    assert read(folder) == once


DELETED = {"tests/e2e/test_running.py", "tests/test_handlers.py"}


@pytest.mark.parametrize("version", UPDATED)
def test_migrated_modules_equal_those_of_a_new_bake(bakes: Callable[[str], Path], tmp_path: Path, version: str) -> None:
    """Lines that the steps write are the new version's, so they cause no conflicts."""
    bake = copied(bakes(version), tmp_path / "bake")
    migrate(steps(release(version), release(VERSION)), bake, copied(bakes(version), tmp_path / "copy"))
    today = read(copied(bakes(VERSION), tmp_path / "today"))
    files = read(bake)
    assert files["src/payment/list_steps.py"] == today["src/payment/list_steps.py"]
    # The merge, and not a step, deletes a file that the new bake does not have.
    assert {path for path in files if path.endswith(".py")} - set(today) == DELETED
    assert {path for path in today if path.endswith(".py")} <= set(files)
    exports = [line for line in today["infra/service/__main__.py"].splitlines() if line.startswith("finish(")]
    assert files["infra/service/__main__.py"].splitlines()[-1:] == exports


@pytest.mark.nightly
@pytest.mark.e2e
@pytest.mark.parametrize("version", EARLIER)
def test_the_steps_edit_the_bakes_of_answers_of_all_kinds(tmp_path: Path, version: str) -> None:
    """Long names, many commands, and contexts without an API, a lookup, lists or subscribers. No step has a note.

    Optional files leave the old bake alone: the merge then keeps those of the repository.
    """
    answers = [answers_of(row) for row in share(list(rows(VALUES, NEVER)))]
    with sources(release(version)) as tree:
        bakes = [bake for bake in bakes_of(release(version), tree, answers, tmp_path) if isinstance(bake, Path)]
    assert len(bakes) >= len(answers) / 2
    for number, bake in enumerate(bakes):
        folder = copied(bake, tmp_path / f"copy{number}")
        assert migrate(steps(release(version), release(VERSION)), bake, folder) == []
        kept = {path: text for path, text in read(folder).items() if path not in OPTIONAL}
        assert kept == read(copied(bake, tmp_path / f"bake{number}"))
