"""What git says of a repository's files, and that a save is seen."""

import subprocess
from pathlib import Path

import pytest

from bounded_context_cli.check import selection
from bounded_context_cli.check.selection import NoHistory, changed, saves


def _git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """With three files in its only commit."""
    for name in ("kept.py", "edited.py", "deleted.py"):
        (tmp_path / name).write_text("x = 1\n")
    (tmp_path / ".gitignore").write_text("build/\n")
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "--quiet", "-m", "First")
    return tmp_path


def test_edited_added_and_deleted_files_have_changed(repository: Path) -> None:
    """Staged or not; what git ignores has not."""
    (repository / "edited.py").write_text("x = 2\n")
    _git(repository, "add", "edited.py")
    (repository / "deleted.py").unlink()
    (repository / "new file.py").touch()
    (repository / "build").mkdir()
    (repository / "build" / "code.zip").touch()
    assert changed(repository) == ("deleted.py", "edited.py", "new file.py")


def test_after_a_commit_no_file_has_changed(repository: Path) -> None:
    """As it is."""
    assert changed(repository) == ()


def test_a_repository_without_a_history_is_reported(tmp_path: Path) -> None:
    """The error has the first line of git's own message."""
    with pytest.raises(NoHistory, match=r"(?i)git repository.*\Z"):
        changed(tmp_path)


def test_a_folder_without_git_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has the remedy."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoHistory, match="`context check`"):
        changed(tmp_path)


def test_each_save_is_seen_once(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new file, an edited one and a deleted one, each while the watcher pauses."""
    saved = iter(
        [
            lambda: None,
            lambda: (repository / "new.py").touch(),
            lambda: (repository / "edited.py").write_text("x = 3\n"),
            lambda: (repository / "deleted.py").unlink(),
        ]
    )
    monkeypatch.setattr(selection, "sleep", lambda _: next(saved)())
    seen = saves(repository)
    for _ in range(4):
        next(seen)
    assert next(saved, None) is None
