"""``template check``: what drifted, file by file, and whether the library's versions fit together."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from template.bake import files
from template.cli import main
from template.library import VERSION
from template.record import FILE
from template.upkeep.bakes import bake_of
from template.upkeep.check import inspect
from template.upkeep.owners import Owner, owner
from template.upkeep.releases import release, releases
from template.upkeep.sources import sources

from .team import BakedBy
from .test_update import EARLIER

RULES = "src/payment/use_cases.py"
BUILD = "infra/pipeline/requirements.txt"


def said(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    """The command's exit status, and all that it prints."""
    status = main(["check", str(folder), *options])
    return status, capsys.readouterr().out


@pytest.mark.parametrize("version", [*EARLIER, VERSION])
def test_a_fresh_bake_is_in_step(
    bakes: Callable[[str], Path], version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of each version that can be updated; that there is a newer one is said, and is no drift."""
    status, output = said(bakes(version), capsys, "--json")
    report = json.loads(output)
    assert (status, report["in_step"], report["files"], report["faults"]) == (0, True, [], [])
    assert report["version"] == version
    assert report["behind"] == len(releases()) - 1 - [release.version for release in releases()].index(version)


def test_changes_of_the_team_are_its_own_and_changed_template_files_have_drifted(
    baked_by: BakedBy, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rules may change, the pipeline's steps may not; each is told by who changes it."""
    team = baked_by(VERSION)
    team.write(RULES, team.read(RULES) + "# ours\n")
    (team.folder / "tests/test_list.py").unlink()
    team.write("own.txt", "ours\n")
    assert said(team.folder, capsys)[0] == 0
    team.write(BUILD, team.read(BUILD) + "# ours\n")
    status, output = said(team.folder, capsys, "--diff")
    assert status == 1
    assert f"\n--- template/{BUILD}\n+++ {BUILD}\n" in output
    assert "+# ours" in output
    assert f"  changed {BUILD}\n" in output
    assert f"  changed {RULES}" in output
    assert "  missing tests/test_list.py" in output
    assert "own.txt" not in output
    assert output.endswith("Not in step.\n")


@pytest.mark.parametrize(
    ("path", "old", "new", "sentence"),
    [
        (
            "pyproject.toml",
            f"=={VERSION}",
            "==9.9.9",
            f"names the library 9.9.9, and the template is {VERSION}.",
        ),
        ("pyproject.toml", f"=={VERSION}", ">=1", "pyproject.toml names the library without a version"),
        (".template.json", "-team", "-others", "The answers in .template.json were edited"),
    ],
    ids=["ahead of the template", "not pinned", "answers edited"],
)
def test_an_inconsistency_is_a_sentence(
    baked_by: BakedBy, capsys: pytest.CaptureFixture[str], path: str, old: str, new: str, sentence: str
) -> None:
    """And the exit status is 1."""
    team = baked_by(VERSION)
    team.replace(path, old, new)
    status, output = said(team.folder, capsys)
    assert (status, sentence in output) == (1, True)


def test_lock_and_wheel_are_compared_with_the_version(baked_by: BakedBy) -> None:
    """A lock of before, and a wheel that somebody took away."""
    team = baked_by(VERSION)
    team.write("uv.lock", 'version = 1\n[[package]]\nname = "bounded-context"\nversion = "0.1.0"\n')
    (team.folder / f"vendor/bounded_context-{VERSION}-py3-none-any.whl").unlink()
    lock, wheel = inspect(team.folder).faults
    assert lock.startswith("uv.lock ")
    assert "0.1.0" in lock
    assert VERSION in lock
    assert wheel.startswith("vendor/ ")


def test_only_the_wheels_of_the_library_are_missing_from_its_folder(baked_by: BakedBy) -> None:
    """A source of the team is the team's: its file may be elsewhere, or made later."""
    team = baked_by(VERSION)
    sources = "[tool.uv.sources]\n"
    team.replace("pyproject.toml", sources, f'{sources}own-package = {{ path = "../own/dist/own_package.whl" }}\n')
    assert inspect(team.folder).faults == ()
    wheel = f"vendor/bounded_context_infra-{VERSION}-py3-none-any.whl"
    (team.folder / wheel).unlink()
    [fault] = inspect(team.folder).faults
    assert wheel in fault
    assert "own_package" not in fault


def test_an_answer_with_an_emoji_is_baked_again(tmp_path: Path) -> None:
    """A character beyond the basic plane reaches cookiecutter's reader of YAML as it is."""
    answers = {"context_name": "Payment", "display_name": "Größe 🚗"}
    with sources(release(VERSION)) as tree:
        bake = bake_of(release(VERSION), tree, answers, tmp_path)
    assert json.loads((bake / FILE).read_text(encoding="utf-8"))["default_context"]["display_name"] == "Größe 🚗"


def test_a_folder_that_is_not_a_repository_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, and one sentence."""
    assert main(["check", str(tmp_path)]) == 2
    [error] = capsys.readouterr().err.splitlines()
    assert str(tmp_path) in error
    assert ".template.json" in error


def test_each_file_of_a_bake_is_somebodys(bakes: Callable[[str], Path]) -> None:
    """Of each kind there are some; nothing that a team writes its rules in is the template's."""
    owners = {path: owner(path) for path in files(bakes(VERSION), ())}
    assert set(owners.values()) == set(Owner)
    assert {path for path, holder in owners.items() if path.startswith("src/")} & {
        path for path, holder in owners.items() if holder is Owner.TEMPLATE
    } == set()
