"""The files of HEAD in a folder, and the edits of it that a merge takes."""

from __future__ import annotations

from pathlib import Path

from template.upkeep.checkout import Checkout
from template.upkeep.git import Git
from template.upkeep.merge import Merge
from template.upkeep.pins import Pins

from .team import Team

PROJECT = "[project]\n"


def team_of(folder: Path) -> Team:
    """Return a repository with files of several kinds."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / ".gitattributes").write_text("*.txt text eol=crlf\n*.sub export-subst\n")
    (folder / "a.txt").write_bytes(b"one\r\n")
    (folder / "b.sub").write_bytes(b"$Format:%H$\n")
    (folder / "c.png").write_bytes(b"\x89PNG\0\xff\r\n")
    (folder / "run.sh").write_bytes(b"#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("a.txt")
    (folder / "empty").write_bytes(b"")
    return Team(folder)


def test_the_files_equal_those_of_git(tmp_path: Path) -> None:
    """Byte by byte, whatever git's attributes say; links are left out, and nothing is changed."""
    team = team_of(tmp_path / "team")
    checkout = Checkout(Git(team.folder), tmp_path / "files")
    names = ("a.txt", "b.sub", "c.png", "run.sh", "empty", "pyproject.toml")
    stored = {name: Git(team.folder).run("cat-file", "blob", f"HEAD:{name}").stdout for name in names}
    assert {name: (checkout.folder / name).read_bytes() for name in names} == stored
    assert not (checkout.folder / "link").exists()
    assert list(checkout.changes()) == []


def test_files_with_crlf_are_edited_as_files_with_lf(tmp_path: Path) -> None:
    """Git's file keeps its line ends: an unchanged file is no edit."""
    team = team_of(tmp_path / "team")
    team.write("a.py", b"one\r\ntwo\r\n")
    team.commit()
    checkout = Checkout(Git(team.folder), tmp_path / "files")
    assert (checkout.folder / "a.py").read_bytes() == b"one\ntwo\n"
    assert list(checkout.changes()) == []
    (checkout.folder / "a.py").write_bytes(b"one\nnew\n")
    assert list(checkout.changes()) == [("a.py", b"one\r\nnew\r\n")]


def test_a_merge_takes_the_edits(tmp_path: Path) -> None:
    """Changed, new and removed files; other files and modes stay as they are."""
    team = team_of(tmp_path / "team")
    checkout = Checkout(Git(team.folder), tmp_path / "files")
    (checkout.folder / "run.sh").write_bytes(b"#!/bin/bash\n")
    (checkout.folder / "new").mkdir()
    (checkout.folder / "new" / "file").write_bytes(b"\0\r\n")
    (checkout.folder / "c.png").unlink()
    for name in ("old", "young"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").write_text(PROJECT)
    merge = Merge(team.folder, tmp_path / "merge")
    merged = merge.run(tmp_path / "old", tmp_path / "young", Pins("1.0.0", "2.0.0"), checkout)
    lines = merge.reader.records("diff-tree", "-r", "-z", "--name-status", "HEAD", merged.tree)
    assert dict(zip(lines[1::2], lines[::2], strict=True)) == {"c.png": "D", "new/file": "A", "run.sh": "M"}
    assert merge.reader("ls-tree", merged.tree, "run.sh").split()[0] == "100755"
    assert merge.reader.run("cat-file", "blob", f"{merged.tree}:new/file").stdout == b"\0\r\n"
