"""Existing stacks keep the old tolerance of bad rows, whose default is now 0."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from template.upkeep.migrations.run import migrate
from template.upkeep.migrations.step import Step

from .repository import applied, written

FILE = "infra/service/Pulumi.prod.yaml"
STACK = "config:\n  # ours\n  aws:region: eu-west-1\n  loan:rollout_strategy: AllAtOnce # calm\n"
STEP = Step("0.4.0", "v0_4_0.tolerance", "", of_team=True)


def test_a_stack_without_the_setting_keeps_the_old_default(tmp_path: Path) -> None:
    """All other lines stay."""
    files, notes = applied("tolerance", tmp_path, {FILE: STACK})
    assert notes == []
    assert yaml.safe_load(files[FILE])["config"] == yaml.safe_load(STACK)["config"] | {"loan:tolerated_share": 0.05}
    assert [line for line in files[FILE].splitlines() if "tolerated_share" not in line] == STACK.splitlines()


@pytest.mark.parametrize("content", [STACK + "  loan:tolerated_share: 0.2\n", "config:\n  aws:region: eu-west-1\n", ""])
def test_other_files_stay(tmp_path: Path, content: str) -> None:
    """Stacks that have the setting, and files that are not a stack of the service."""
    assert applied("tolerance", tmp_path, {FILE: content}) == ({FILE: content}, [])


def test_a_file_of_another_form_is_left_to_the_team(tmp_path: Path) -> None:
    """The note names the file and the line."""
    content = "config: {loan:rollout_strategy: AllAtOnce}\n"
    files, [note] = applied("tolerance", tmp_path, {FILE: content})
    assert (files, note.split(": ")[0]) == ({FILE: content}, FILE)


def test_the_merge_keeps_the_line(tmp_path: Path) -> None:
    """In the old bake too, the merge would take the line for one that the new version removes."""
    bake, team = (written(tmp_path / name, {FILE: STACK}) for name in ("old", "team"))
    assert migrate([STEP], bake, team) == []
    assert (bake / FILE).read_text() == STACK
    assert (team / FILE).read_text() != STACK
