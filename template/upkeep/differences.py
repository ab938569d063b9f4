"""The files of a repository that differ from a bake: git compares contents, modes and links, and ignores line ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from .git import EXACT, Git
from .owners import Owner, owner

_ATTRIBUTES = "* text=auto !filter !ident !working-tree-encoding !diff\n"
"""Git's attributes of all files: they ignore line ends, and override the team's `.gitattributes`."""

_OPTIONS = ("--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=template/", "--dst-prefix=")


@dataclass(frozen=True)
class File:
    """A file that differs from the bake: its state is ``changed`` or ``missing``; ``diff`` is the difference."""

    path: str
    owner: Owner
    state: str
    diff: str


def differences(baked: Path, folder: Path) -> Iterator[File]:
    """Yield the files of a bake that a repository lacks or changed. The files need not be in git."""
    with TemporaryDirectory(prefix="template-") as scratch:
        bake, team = (Git(tree, {"GIT_DIR": scratch, "GIT_WORK_TREE": "."}) for tree in (baked, folder))
        bake("init", "--quiet", "--template=")
        (Path(scratch) / "info").mkdir()
        (Path(scratch) / "info" / "attributes").write_text(_ATTRIBUTES, encoding="utf-8")
        bake(*EXACT, "add", "--all", "--force", ".")
        team("config", "core.fileMode", Git(folder)("config", "--type=bool", "--default=true", "core.fileMode"))
        records = team.records("diff", "--name-status", "-z", *_OPTIONS)
        patches = iter(_patches(team))
        for state, path in zip(records[::2], records[1::2], strict=True):
            yield _file(path, state, next(patches) if state == "M" else "")


def _patches(team: Git) -> list[str]:
    """Return the patch of each modified file; git writes a sentence for a binary file."""
    text = team.run("diff", "--diff-filter=M", *_OPTIONS).stdout.decode(errors="replace")
    return re.split(r"^(?=diff --git )", text, flags=re.MULTILINE)[1:]


def _file(path: str, state: str, patch: str) -> File:
    link = f"{path} is a symbolic link, and the template has a file.\n"
    return File(path, owner(path), "missing" if state == "D" else "changed", link if state == "T" else patch)
