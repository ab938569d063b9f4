"""The write of a merge: a failure at any write leaves the repository as it was, or the remedy restores it."""

from __future__ import annotations

import subprocess
from hashlib import shake_256
from pathlib import Path

import pytest

from template.upkeep import apply as writing
from template.upkeep.apply import UNDO, apply, require_clean
from template.upkeep.errors import CannotTell, Dirty
from template.upkeep.merge import Merge, Merged
from template.upkeep.pins import Pins
from template.upkeep.replace import Replacement

from .team import Team, largest_file

PROJECT = 'dependencies = ["bounded-context==1.0.0"]\n'
BASE = {"pyproject.toml": PROJECT, ".template.json": "1\n", "a": "one\n", "gone": "one\n"}
STATUS = {"a": "UU", "gone": "D ", "noise": "A ", "pyproject.toml": "M ", "text": "A "}
"""Git's status after the merge of `_merged`."""
NOISE = shake_256().digest(30_000)
"""Content that does not compress."""


def _written(folder: Path, **changed: str | bytes) -> Path:
    folder.mkdir(parents=True)
    for path, content in {**BASE, **changed}.items():
        (folder / path).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """A team that changed a file."""
    return _team(_written(tmp_path / "team"))


def _team(folder: Path, *options: str) -> Team:
    team = Team(folder, *options)
    team.write("a", "ours\n")
    team.commit()
    return team


def _merged(folder: Path, scratch: Path) -> tuple[Merge, Merged]:
    """Merge a version with a conflict, a removed file, and new files: a large one compresses."""
    changed = {"pyproject.toml": PROJECT.replace("1.0.0", "2.0.0"), "a": "theirs\n"}
    old, new = _written(scratch / "old"), _written(scratch / "new", **changed, noise=NOISE, text="a line\n" * 13_000)
    (new / "gone").unlink()
    merge = Merge(folder, scratch / "merge")
    return merge, merge.run(old, new, Pins("1.0.0", "2.0.0"))


def test_a_failed_write_changes_nothing(team: Team, tmp_path: Path) -> None:
    """All objects of git remain readable, and the next update is complete."""
    before, (merge, merged) = team.everything(), _merged(team.folder, tmp_path)
    # The first three stop a write of an object, the last stops the write of a file.
    for size in (0, 100, 20_000, 60_000):
        with largest_file(size), pytest.raises(CannotTell):
            apply(merge, merged, "Update")
        (team.folder / ".git/index.lock").unlink(missing_ok=True)
        assert (team.status(), team.everything()) == ({}, before), size
        assert team.git("fsck", "--full", "--no-dangling") == ""
    apply(merge, merged, "Update")
    assert team.status() == STATUS
    assert team.git("fsck", "--full", "--no-dangling") == ""


class Killed(BaseException):
    """The end of the process."""


@pytest.mark.parametrize("step", ["write", "finish"])
def test_an_update_that_ends_during_the_write_is_reverted_by_its_remedy(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Until then no further update starts, and the conflicts are unresolved. Saved files are in the stash."""
    before, (merge, merged) = team.everything(), _merged(team.folder, tmp_path)

    def killed(_files: Replacement) -> None:
        raise Killed

    monkeypatch.setattr(Replacement, step, killed)
    with pytest.raises(Killed):
        writing.apply(merge, merged, "Update")
    with pytest.raises(CannotTell, match=f"`{UNDO}`"):
        require_clean(team.folder)
    assert team.status()["a"] == "UU"
    team.write("a", "resolved\n")
    subprocess.run(UNDO, shell=True, cwd=team.folder, check=True, capture_output=True)  # noqa: S602
    assert team.everything() == before
    assert team.git("show", "stash@{0}:a") == "resolved\n"


@pytest.mark.parametrize(
    ("command", "begin"),
    [
        ("am", "git format-patch -1 --stdout | git am"),
        ("rebase", "git rebase --exec false HEAD~1"),
        ("merge", "git merge --no-ff --no-commit --strategy ours side"),
        ("cherry-pick", "git cherry-pick HEAD"),
        ("cherry-pick or revert", "git cherry-pick side~1 side; git commit --all --quiet --message resolved"),
        ("revert", "git revert --no-edit HEAD~1"),
        ("bisect", "git bisect start"),
    ],
)
def test_an_unfinished_command_of_git_is_refused(team: Team, command: str, begin: str) -> None:
    """Its end would commit or drop the update. The error names the command and how to end it."""
    for name in ("user.name", "user.email"):
        team.git("config", name, "team")
    team.git("switch", "--quiet", "--create", "side", "HEAD~1")
    for path in ("a", "b"):
        team.write(path, "side\n")
        team.commit()
    team.git("switch", "--quiet", "-")
    require_clean(team.folder)
    subprocess.run(begin, shell=True, cwd=team.folder, check=False, capture_output=True)  # noqa: S602
    with pytest.raises(CannotTell, match=rf"in a {command}: .* by `git "):
        require_clean(team.folder)


def test_a_change_that_git_hides_is_refused(team: Team, tmp_path: Path) -> None:
    """The update would overwrite the first, and its remedy the second. Without a change, the flags do not matter."""
    merge, merged = _merged(team.folder, tmp_path)
    team.git("update-index", "--skip-worktree", "a")
    team.git("update-index", "--assume-unchanged", "pyproject.toml", ".template.json")
    require_clean(team.folder)
    for path, content in (("a", "mine\n"), (".template.json", "mine\n")):
        before = team.read(path)
        team.write(path, content)
        with pytest.raises(Dirty, match=rf"{path} .*`git update-index --no-"):
            apply(merge, merged, "Update")
        assert team.read(path) == content
        team.write(path, before)
    apply(merge, merged, "Update")


def test_a_locked_index_changes_nothing(team: Team, tmp_path: Path) -> None:
    """The error is one line and names git's lock."""
    before, (merge, merged) = team.everything(), _merged(team.folder, tmp_path)
    lock = team.folder / ".git/index.lock"
    lock.touch()
    with pytest.raises(CannotTell) as refused:
        apply(merge, merged, "Update")
    lock.unlink()
    assert "index.lock" in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert team.everything() == before


def test_a_repository_with_sha256_is_updated(tmp_path: Path) -> None:
    """The result equals an update of a repository with SHA-1."""
    team = _team(_written(tmp_path / "team"), "--object-format=sha256")
    apply(*_merged(team.folder, tmp_path), "Update")
    assert team.status() == STATUS


def test_a_folder_of_a_larger_repository_is_updated(tmp_path: Path) -> None:
    """The other folders remain, and must be committed too: the revert would reset them."""
    whole = tmp_path / "whole"
    folder = _written(whole / "contexts" / "payment")
    (whole / "a").write_text("another a\n")
    team = _team(whole)
    team.write("contexts/payment/a", "ours\n")
    with pytest.raises(CannotTell, match="contexts/payment/a"):
        require_clean(folder)
    team.commit()
    before = team.everything()
    require_clean(folder)
    apply(*_merged(folder, tmp_path), "Update")
    assert team.status() == {f"contexts/payment/{path}": letters for path, letters in STATUS.items()}
    assert team.read("contexts/payment/a").startswith("<<<<<<< ")
    team.git("reset", "--hard", "--quiet")
    assert team.everything() == before


def test_a_link_to_a_repository_is_updated(team: Team, tmp_path: Path) -> None:
    """Only links inside a repository are in the way."""
    (tmp_path / "link").symlink_to("team")
    require_clean(tmp_path / "link")
    apply(*_merged(tmp_path / "link", tmp_path), "Update")
    assert team.status() == STATUS


def test_a_folder_that_is_not_committed_is_refused(team: Team) -> None:
    """The folder is new in a repository with commits."""
    new = _written(team.folder / "new")
    with pytest.raises(CannotTell, match=r"new.* not committed"):
        require_clean(new)
