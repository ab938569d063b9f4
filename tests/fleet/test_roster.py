"""Which repositories a fleet has, and what is no fleet."""

from __future__ import annotations

from pathlib import Path

import pytest

from template.fleet.roster import roster, waves
from template.record import FILE
from template.upkeep.errors import NotOurs


@pytest.fixture
def clones(tmp_path: Path) -> Path:
    """A folder of two repositories of this template and of one that is none."""
    for name in ("billing", "order", "website"):
        (tmp_path / name).mkdir()
    for name in ("billing", "order"):
        (tmp_path / name / FILE).write_text("{}", encoding="utf-8")
    return tmp_path


def test_a_folder_of_clones_has_the_repositories_of_this_template(clones: Path) -> None:
    """Others lie beside them."""
    assert roster(clones) == [clones / "billing", clones / "order"]


def test_a_file_lists_folders_relative_to_itself(clones: Path) -> None:
    """All that it names, whatever they are: what is none of this template's is said later."""
    listed = clones / "fleet.txt"
    listed.write_text("# ours\norder  # the oldest\n\n../elsewhere\n", encoding="utf-8")
    assert roster(listed) == [clones / "order", clones / "../elsewhere"]


def test_blank_lines_separate_waves_and_else_the_first_repository_is_the_first_wave(clones: Path) -> None:
    """Comments separate nothing, and a wave without a repository is none."""
    listed = clones / "fleet.txt"
    for text, names in {
        "order\nbilling\nwebsite\n": [["order"], ["billing", "website"]],
        "# ours\n\norder\n# the rest\nbilling\n \n\nwebsite\n\n# none\n": [["order", "billing"], ["website"]],
        "order\n": [["order"]],
    }.items():
        listed.write_text(text, encoding="utf-8")
        assert waves(listed) == [[clones / name for name in wave] for wave in names]
    assert waves(clones) == [[clones / "billing"], [clones / "order"]]


@pytest.mark.parametrize("name", ["website", "nowhere", "empty.txt", "latin.txt"])
def test_a_folder_that_is_not_a_fleet_is_refused_in_one_sentence(clones: Path, name: str) -> None:
    """A folder without repositories, one that is not there, and files that list none or are not text."""
    (clones / "empty.txt").write_text("# nobody yet\n", encoding="utf-8")
    (clones / "latin.txt").write_bytes(b"order \xe9\n")
    with pytest.raises(NotOurs) as refused:
        roster(clones / name)
    assert str(clones / name) in str(refused.value)
    assert "\n" not in str(refused.value)
