"""``template adopt`` on repositories that lost the record of their bake."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from template import adopt as adoption
from template.adopt import adopt
from template.cli import main
from template.library import VERSION
from template.record import FILE
from template.upkeep.errors import CannotTell, NotOurs, TooOld
from template.upkeep.git import Git

from .team import BakedBy, Team, copied
from .test_update import EARLIER

ANSWERS = {"context_name": "Payment"}


def without_record(team: Team) -> bytes:
    """Lose the record; return its bytes."""
    record = (team.folder / FILE).read_bytes()
    team.git("rm", "--quiet", FILE)
    team.commit("the record is lost")
    return record


def without_history(team: Team) -> bytes:
    """Lose the record and git's history, as a copy of the files does; return the record's bytes."""
    record = (team.folder / FILE).read_bytes()
    (team.folder / FILE).unlink()
    shutil.rmtree(team.folder / ".git")
    team.git("init", "--quiet")
    team.commit("copied")
    return record


def test_git_restores_the_record(baked: Callable[[str], Path], tmp_path: Path) -> None:
    """With the bytes of the last commit, in a folder of a larger repository. No bake is made."""
    whole = Team(copied(baked("payment"), tmp_path / "whole" / "contexts").parents[1])
    folder = whole.folder / "contexts" / "Payment"
    record = (folder / FILE).read_bytes()
    whole.git("rm", "--quiet", f"contexts/Payment/{FILE}")
    whole.commit("the record is lost")
    [line] = adopt(folder, {})
    assert (folder / FILE).read_bytes() == record
    assert Git(folder)("rev-parse", "--short", "HEAD~") in line
    assert whole.status() == {f"contexts/Payment/{FILE}": "??"}


@pytest.mark.slow
def test_the_record_follows_from_answers_and_library(baked_by: BakedBy, tmp_path: Path) -> None:
    """Without git's history. The team's files are listed, and no other file is written."""
    team = baked_by(EARLIER[-1])
    team.write("README.md", team.read("README.md") + "Ours.\n")
    record = without_history(team)
    file = tmp_path / "answers.yaml"
    file.write_text(json.dumps({"default_context": ANSWERS}), encoding="utf-8")
    assert main(["adopt", str(team.folder), "--answers", str(file)]) == 0
    assert (team.folder / FILE).read_bytes() == record
    assert team.status() == {FILE: "??"}
    (team.folder / FILE).unlink()
    assert [line.split()[-1] for line in adopt(team.folder, ANSWERS)][1:] == ["README.md"]


def test_a_record_is_as_old_as_the_wheel(baked_by: BakedBy) -> None:
    """The pin was raised by hand: no update would migrate a repository whose record is newer than its library."""
    team = baked_by(EARLIER[-1])
    record = without_history(team)
    team.replace("pyproject.toml", f"[runtime]=={EARLIER[-1]}", f"[runtime]=={VERSION}")
    team.commit()
    list(adopt(team.folder, ANSWERS))
    assert (team.folder / FILE).read_bytes() == record


def test_a_library_that_is_too_old_is_refused(baked: Callable[[str], Path], tmp_path: Path) -> None:
    """Its own template adopts and updates it."""
    team = Team(copied(baked("payment"), tmp_path))
    without_history(team)
    for wheel in [*(team.folder / "vendor").iterdir()]:
        wheel.rename(wheel.with_name(wheel.name.replace(VERSION, "0.3.0")))
    team.commit()
    with pytest.raises(TooOld):
        list(adopt(team.folder, ANSWERS))
    assert team.status() == {}


def test_a_record_that_is_restored_during_the_bake_remains(
    baked: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command is refused and overwrites nothing."""
    team = Team(copied(baked("payment"), tmp_path))
    without_history(team)

    def bake_of(*_: object) -> Path:
        team.write(FILE, "of the team")
        return baked("payment")

    monkeypatch.setattr(adoption, "bake_of", bake_of)
    with pytest.raises(OSError, match=FILE):
        list(adopt(team.folder, ANSWERS))
    assert team.read(FILE) == "of the team"


def test_a_lost_record_is_named_with_its_commit(
    baked: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The remedy of a check and of an update restores it."""
    team = Team(copied(baked("payment"), tmp_path))
    commit = team.git("rev-parse", "--short", "HEAD").strip()
    record = without_record(team)
    remedy = f"git checkout {commit} -- {FILE}"
    for command in ("check", "update"):
        assert main([command, str(team.folder)]) == 2
        assert f"`{remedy}`" in capsys.readouterr().err
    team.git(*remedy.split()[1:])
    assert (team.folder / FILE).read_bytes() == record
    (team.folder / FILE).unlink()
    (team.folder / FILE).symlink_to("elsewhere")  # no commit has the link's target
    assert main(["update", str(team.folder)]) == 2
    assert "git checkout" not in capsys.readouterr().err


def test_a_repository_that_cannot_be_adopted_is_refused_and_kept(baked: Callable[[str], Path], tmp_path: Path) -> None:
    """A repository without git, with changes, with a record or a link, without a record in git; no context."""
    folder = copied(baked("payment"), tmp_path)
    (folder / FILE).unlink()
    with pytest.raises(CannotTell, match="git"):
        list(adopt(folder, ANSWERS))
    team = Team(folder)
    with pytest.raises(CannotTell, match="--answers"):
        list(adopt(folder, {}))
    team.write("new.txt", "new")
    with pytest.raises(CannotTell, match=r"new\.txt"):
        list(adopt(folder, ANSWERS))
    (folder / FILE).symlink_to("elsewhere")
    for _ in range(2):
        with pytest.raises(CannotTell, match=FILE):
            list(adopt(folder, ANSWERS))
        (folder / FILE).unlink()
        (folder / FILE).write_text("{}")
    (folder / FILE).unlink()
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotOurs):
            list(adopt(place, ANSWERS))
    assert not (folder / FILE).exists()


def test_bad_answers_of_a_file_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the repository is read."""
    file = tmp_path / "answers.yaml"
    file.write_text("default_context:\n  region: nowhere\n", encoding="utf-8")
    assert main(["adopt", str(tmp_path), "--answers", str(file)]) == 2
    assert capsys.readouterr().err.startswith("Error: region: ")
