"""The three-way merge of a repository with two bakes, by git: nothing of the repository changes meanwhile.

It is done in a repository beside it; this one's objects are only read.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .errors import CannotTell
from .git import Git
from .owners import Owner, is_record, owner
from .pins import PINNED, Pins

BASE, OURS, THEIRS = 1, 2, 3
"""Git's stages of a path that is not merged: what both had, the repository's, and the new bake's."""

_EXACT = ("-c", "core.autocrlf=false", "-c", "core.excludesFile=/dev/null", "-c", "core.hooksPath=/dev/null")
"""A bake's bytes are compared as they are, and nothing of a person's git settings changes them."""

_STRATEGY = "ort"
"""Of git 2.33 and later. The one before it loses a file that one side adds where the other renames one to."""

_AUTHOR = {f"GIT_{role}_{what}": "template" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

Stages = dict[int, tuple[str, str]]
"""Mode and object of each stage."""


@dataclass
class Merged:
    """A merge: ``tree`` is the repository as it would be, with conflict markers where both sides changed the same."""

    tree: str = ""
    conflicts: dict[str, Stages] = field(default_factory=dict[str, Stages])
    """The paths that somebody has to look through."""
    kept: list[str] = field(default_factory=list[str])
    """What the new version dropped and the team had changed: it stays."""
    left_out: list[str] = field(default_factory=list[str])
    """What the new version changed and the team had removed: it stays away."""
    to_make: list[str] = field(default_factory=list[str])
    """What a command makes of the code, and both sides made anew: the team's stays until it is made again."""


class Merge:
    """A merge in the folder ``scratch``: a repository of its own, which borrows the objects of the other."""

    def __init__(self, repository: Path, scratch: Path) -> None:
        self.repository = Git(repository)
        self._tree = scratch / "tree"
        self._git = Git(self._tree, _AUTHOR)
        self._tree.mkdir(parents=True)
        self._git("init", "--quiet")
        lent = repository.resolve() / self.repository("rev-parse", "--git-path", "objects")
        (self.objects / "info" / "alternates").write_text(f"{lent}\n", encoding="utf-8")

    @property
    def objects(self) -> Path:
        """Where the objects are that the merge made."""
        return self._tree / ".git" / "objects"

    @property
    def reader(self) -> Git:
        """Git in the repository, which sees the objects that the merge made, too."""
        return Git(self.repository.folder, {"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(self.objects)})

    def run(self, base: Path, theirs: Path, pins: Pins) -> Merged:
        """Merge HEAD with the changes between two bakes. Raises CannotTell if git cannot merge."""
        ours = self._pinned(self.repository("rev-parse", "HEAD^{tree}"), pins)
        (base / PINNED).write_bytes(pins.moved((base / PINNED).read_bytes()))
        self._follow_line_ends(ours, base, theirs)
        before = self._commit(self._add(base))
        branch = f"template-{pins.after}"
        self._git("branch", branch, self._commit(self._add(theirs), before))
        self._git(*_EXACT, "checkout", "--quiet", "--force", "--detach", self._commit(ours, before))
        done = self._git.run(*_EXACT, "merge", "--strategy", _STRATEGY, "--no-commit", "--no-ff", branch)
        if done.returncode not in (0, 1):
            raise CannotTell(f"git could not merge: {os.fsdecode(done.stderr or done.stdout).strip()}")
        return self._settled()

    def _add(self, folder: Path) -> str:
        """Return the tree of all files of a folder, also of those that its .gitignore names."""
        git = Git(folder, self._apart(folder))
        git("read-tree", "--empty")
        git(*_EXACT, "add", "--all", "--force", ".")
        return git("write-tree")

    def _apart(self, tree: Path) -> dict[str, str]:
        """Return the variables by which git writes into the merge's objects, with an index of its own."""
        folder = self._tree / ".git"
        return {"GIT_DIR": str(folder), "GIT_WORK_TREE": str(tree), "GIT_INDEX_FILE": str(folder / "apart")}

    def _commit(self, tree: str, *parents: str) -> str:
        return self._git("commit-tree", tree, "-m", "template", *(word for one in parents for word in ("-p", one)))

    def _pinned(self, tree: str, pins: Pins) -> str:
        """Return a tree in which the library's version is the new one, so that no merge has to find out."""
        found = self._git.run("cat-file", "blob", f"{tree}:{PINNED}")
        if found.returncode:
            return tree
        git = Git(self._tree, self._apart(self._tree))
        git("read-tree", tree)
        blob = git("hash-object", "-w", "--stdin", given=pins.moved(found.stdout))
        mode = git("ls-tree", tree, PINNED).split()[0]
        git("update-index", "--cacheinfo", f"{mode},{blob},{PINNED}")
        return git("write-tree")

    def _follow_line_ends(self, ours: str, *bakes: Path) -> None:
        """Give the bakes' files the line ends that the repository has in them: a line is the same with either."""
        for path in self._git.records("ls-tree", "-r", "-z", "--name-only", ours):
            both = [bake / path for bake in bakes if (bake / path).is_file() and not (bake / path).is_symlink()]
            if both and _is_crlf(self._git.run("cat-file", "blob", f"{ours}:{path}").stdout):
                for file in both:
                    file.write_bytes(file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))

    def _settled(self) -> Merged:
        merged = Merged()
        for path, stages in self._unmerged().items():
            self._settle(path, stages, merged)
        everything = Git(self._tree, self._apart(self._tree))
        shutil.copyfile(self._tree / ".git" / "index", self._tree / ".git" / "apart")
        everything(*_EXACT, "add", "--all", "--force", ".")
        merged.tree = everything("write-tree")
        return merged

    def _settle(self, path: str, stages: Stages, merged: Merged) -> None:
        """Decide what needs nobody's eyes, and note the rest."""
        if is_record(path) and THEIRS in stages:
            self._take(path, stages[THEIRS])
        elif set(stages) == {BASE, OURS}:
            self._take(path, stages[OURS])
            merged.kept.append(path)
        elif set(stages) == {BASE, THEIRS}:
            self._remove(path)
            merged.left_out.append(path)
        elif owner(path) is Owner.MADE and OURS in stages:
            self._take(path, stages[OURS])
            merged.to_make.append(path)
        else:
            merged.conflicts[path] = stages

    def _take(self, path: str, side: tuple[str, str]) -> None:
        self._git("update-index", "--add", "--cacheinfo", f"{side[0]},{side[1]},{path}")
        self._git(*_EXACT, "checkout-index", "--force", "--index", "--", path)

    def _remove(self, path: str) -> None:
        self._git("update-index", "--force-remove", "--", path)
        (self._tree / path).unlink(missing_ok=True)

    def _unmerged(self) -> dict[str, Stages]:
        found: dict[str, Stages] = {}
        for mode, name, stage, path in _entries(self._git.records("ls-files", "--unmerged", "-z")):
            found.setdefault(path, {})[stage] = (mode, name)
        return found


def _entries(records: list[str]) -> Iterator[tuple[str, str, int, str]]:
    for record in records:
        about, _, path = record.partition("\t")
        mode, name, stage = about.split()
        yield mode, name, int(stage), path


def _is_crlf(content: bytes) -> bool:
    return b"\r\n" in content and content.count(b"\n") == content.count(b"\r\n")
