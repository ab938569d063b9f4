"""The files of a repository that differ from a bake."""

from __future__ import annotations

from pathlib import Path

import pytest

from template.upkeep.differences import File, differences
from template.upkeep.owners import Owner

from .team import Team

BAKED = {
    "README.md": b"one\ntwo\n",
    "run": b"#!/bin/sh\n",
    "deep/data.json": b"{}\n",
    "own": b"own\n",
    "z.whl": b"PK\0\r\n",
}
SETTINGS = '[filter "lfs"]\nclean = false\nrequired = true\n[diff]\nnoprefix = true\n[color]\nui = always\n'
"""A user's settings of git."""


def _written(folder: Path) -> Path:
    for path, content in BAKED.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "run").chmod(0o755)
    return folder


@pytest.fixture
def baked(tmp_path: Path) -> Path:
    """A bake with an executable file, a file in a folder, and a binary file."""
    return _written(tmp_path / "baked")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository that equals the bake, with a file of the team."""
    folder = _written(tmp_path / "team")
    (folder / "new").write_bytes(b"new\n")
    return folder


def _states(files: list[File]) -> dict[str, str]:
    return {file.path: file.state for file in files}


@pytest.mark.parametrize("attributes", ["", "* text eol=crlf\n", "*.whl filter=lfs\n*.md -text\n"])
def test_line_ends_are_no_difference(
    baked: Path, folder: Path, attributes: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The team's attributes and the user's settings of git have no effect; no filter runs."""
    (tmp_path / ".gitconfig").write_text(SETTINGS)
    monkeypatch.setenv("HOME", str(tmp_path))
    for path in ("README.md", "run", "deep/data.json"):
        (folder / path).write_bytes(BAKED[path].replace(b"\n", b"\r\n"))
    (folder / ".gitattributes").write_text(attributes)
    assert list(differences(baked, folder)) == []
    (folder / "README.md").write_bytes(b"one\r\ntwo\r\nthree\r\n")
    (folder / "z.whl").write_bytes(BAKED["z.whl"] + b"\n")
    text, binary = differences(baked, folder)
    assert (text.path, text.owner, text.state) == ("README.md", Owner.SHARED, "changed")
    assert [line for line in text.diff.splitlines() if line.startswith(("+", "-"))] == [
        "--- template/README.md",
        "+++ README.md",
        "+three",
    ]
    assert "Binary files template/z.whl and z.whl differ" in binary.diff


def test_modes_links_and_missing_files_are_differences(baked: Path, folder: Path) -> None:
    """A link with the same content is a difference too; a file in another encoding has a patch."""
    (folder / "run").chmod(0o644)
    (folder / "README.md").rename(folder / "other.md")
    (folder / "README.md").symlink_to("other.md")
    (folder / "deep").rename(folder / "elsewhere")
    (folder / "deep").symlink_to("elsewhere")
    (folder / "own").write_bytes(b"text \xe9\n")
    changed_files = list(differences(baked, folder))
    assert _states(changed_files) == {
        "README.md": "changed",
        "deep/data.json": "missing",
        "own": "changed",
        "run": "changed",
    }
    diffs = {file.path: file.diff for file in changed_files}
    assert "symbolic link" in diffs["README.md"]
    assert "old mode 100755\nnew mode 100644\n" in diffs["run"]
    assert "-own\n" in diffs["own"]
    assert diffs["deep/data.json"] == ""


def test_modes_are_not_compared_without_git(baked: Path, folder: Path) -> None:
    """Git records it in `core.fileMode`, as on Windows."""
    Team(folder).git("config", "core.fileMode", "false")
    for path in BAKED:
        (folder / path).chmod(0o755)
    assert list(differences(baked, folder)) == []
