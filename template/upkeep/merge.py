"""The three-way merge of a repository with two bakes, by git.

It runs in a temporary repository, which only reads the objects of the team's repository.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .checkout import Checkout, is_crlf, with_crlf
from .errors import CannotTell
from .git import EXACT, Git
from .owners import LISTS, Owner, is_record, owner
from .pins import PINNED, Pins

BASE, OURS, THEIRS = 1, 2, 3
"""Git's stages of a path in conflict: the old bake's, the repository's, and the new bake's file."""

_STRATEGY = "ort"
"""The strategy of git 2.33 and later. The older one loses a file if the other side renames a file to its path."""

_AUTHOR = {f"GIT_{role}_{field}": "template" for role in ("AUTHOR", "COMMITTER") for field in ("NAME", "EMAIL")}

Stages = dict[int, tuple[str, str]]
"""The mode and the object of each stage."""


@dataclass
class Merged:
    """A merge's result: ``tree`` is the new tree of the repository, with conflict markers."""

    tree: str = ""
    conflicts: dict[str, Stages] = field(default_factory=dict[str, Stages])
    """The paths with conflicts, for the team to resolve."""
    kept: list[str] = field(default_factory=list[str])
    """Files that the team changed and the new version dropped: they remain."""
    left_out: list[str] = field(default_factory=list[str])
    """Files that the team removed and the new version changed: they remain removed."""
    to_make: list[str] = field(default_factory=list[str])
    """Generated files that both sides changed: the team's files remain until a command generates them again."""


class Merge:
    """A merge with a commit, in a temporary repository in ``scratch`` that reads the team's objects."""

    def __init__(self, repository: Path, scratch: Path, commit: str = "HEAD") -> None:
        self.repository, self.commit = Git(repository), commit
        self._tree = scratch / "tree"
        self._git = Git(self._tree, _AUTHOR)
        self._tree.mkdir(parents=True)
        self._git("init", "--quiet", f"--object-format={self.repository('rev-parse', '--show-object-format')}")
        objects = repository.resolve() / self.repository("rev-parse", "--git-path", "objects")
        (self.objects / "info" / "alternates").write_text(f"{objects}\n", encoding="utf-8")

    @property
    def objects(self) -> Path:
        """The folder with the merge's new objects."""
        return self._tree / ".git" / "objects"

    @property
    def reader(self) -> Git:
        """Git in the team's repository that can also read the merge's new objects."""
        return Git(self.repository.folder, {"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(self.objects)})

    def run(self, base: Path, theirs: Path, pins: Pins, ours: Checkout | None = None) -> Merged:
        """Merge the changes between two bakes into the commit, or into edited files of the commit.

        Raises:
            CannotTell: git cannot merge.
        """
        tree = self._edited(ours) if ours else self.repository("rev-parse", f"{self.commit}:./")
        ours_tree = self._pinned(tree, pins)
        (base / PINNED).write_bytes(pins.moved((base / PINNED).read_bytes()))
        self._follow_line_ends(ours_tree, base, theirs)
        before = self._commit(self._add(base))
        branch = f"template-{pins.after}"
        self._git("branch", branch, self._commit(self._add(theirs), before))
        self._git(*EXACT, "checkout", "--quiet", "--force", "--detach", self._commit(ours_tree, before))
        process = self._git.run(*EXACT, "merge", "--strategy", _STRATEGY, "--no-commit", "--no-ff", branch)
        if process.returncode not in (0, 1):
            raise CannotTell(f"git could not merge: {os.fsdecode(process.stderr or process.stdout).strip()}")
        return self._settled()

    def _edited(self, ours: Checkout) -> str:
        """Return the tree of the commit with the edits of a checkout."""
        git = Git(self._tree, self._apart(self._tree))
        git("read-tree", self.repository("rev-parse", f"{self.commit}:./"))
        for path, content in ours.changes():
            if content is None:
                git("update-index", "--force-remove", "--", path)
            else:
                blob = git("hash-object", "-w", "--stdin", stdin=content)
                git("update-index", "--add", "--cacheinfo", f"{ours.mode(path)},{blob},{path}")
        return git("write-tree")

    def _add(self, folder: Path) -> str:
        """Return the tree of all files in a folder, including files that its .gitignore ignores."""
        git = Git(folder, self._apart(folder))
        git("read-tree", "--empty")
        git(*EXACT, "add", "--all", "--force", ".")
        return git("write-tree")

    def _apart(self, tree: Path) -> dict[str, str]:
        """Return the variables for git to write into the merge's objects, with a separate index."""
        folder = self._tree / ".git"
        return {"GIT_DIR": str(folder), "GIT_WORK_TREE": str(tree), "GIT_INDEX_FILE": str(folder / "apart")}

    def _commit(self, tree: str, *parents: str) -> str:
        options = [word for parent in parents for word in ("-p", parent)]
        return self._git("commit-tree", tree, "-m", "template", *options)

    def _pinned(self, tree: str, pins: Pins) -> str:
        """Return a tree with the library's new version: otherwise lines with the version would conflict."""
        process = self._git.run("cat-file", "blob", f"{tree}:{PINNED}")
        if process.returncode:
            return tree
        git = Git(self._tree, self._apart(self._tree))
        git("read-tree", tree)
        blob = git("hash-object", "-w", "--stdin", stdin=pins.moved(process.stdout))
        mode = git("ls-tree", tree, PINNED).split()[0]
        git("update-index", "--cacheinfo", f"{mode},{blob},{PINNED}")
        return git("write-tree")

    def _follow_line_ends(self, ours: str, *bakes: Path) -> None:
        """Convert the bakes' files to the repository's line ends, so line ends cause no conflicts."""
        for path in self._git.records("ls-tree", "-r", "-z", "--name-only", ours):
            both = [bake / path for bake in bakes if (bake / path).is_file() and not (bake / path).is_symlink()]
            if both and is_crlf(self._git.run("cat-file", "blob", f"{ours}:{path}").stdout):
                for file in both:
                    file.write_bytes(with_crlf(file.read_bytes()))

    def _settled(self) -> Merged:
        merged = Merged()
        for path, stages in self._unmerged().items():
            self._settle(path, stages, merged)
        everything = Git(self._tree, self._apart(self._tree))
        shutil.copyfile(self._tree / ".git" / "index", self._tree / ".git" / "apart")
        everything(*EXACT, "add", "--all", "--force", ".")
        merged.tree = everything("write-tree")
        return merged

    def _settle(self, path: str, stages: Stages, merged: Merged) -> None:
        """Resolve a path where the resolution is clear, otherwise record a conflict."""
        if is_record(path) and THEIRS in stages:
            self._take(path, stages[THEIRS])
        elif set(stages) == {BASE, OURS}:
            self._take(path, stages[OURS])
            merged.kept.append(path)
        elif set(stages) == {BASE, THEIRS}:
            self._remove(path)
            merged.left_out.append(path)
        elif owner(path) is Owner.MADE and OURS in stages and (BASE in stages or path != LISTS):
            self._take(path, stages[OURS])
            merged.to_make.append(path)
        else:
            merged.conflicts[path] = stages

    def _take(self, path: str, side: tuple[str, str]) -> None:
        self._git("update-index", "--add", "--cacheinfo", f"{side[0]},{side[1]},{path}")
        self._git(*EXACT, "checkout-index", "--force", "--index", "--", path)

    def _remove(self, path: str) -> None:
        self._git("update-index", "--force-remove", "--", path)
        (self._tree / path).unlink(missing_ok=True)

    def _unmerged(self) -> dict[str, Stages]:
        stages: dict[str, Stages] = {}
        for mode, name, stage, path in _entries(self._git.records("ls-files", "--unmerged", "-z")):
            stages.setdefault(path, {})[stage] = (mode, name)
        return stages


def _entries(records: list[str]) -> Iterator[tuple[str, str, int, str]]:
    for record in records:
        about, _, path = record.partition("\t")
        mode, name, stage = about.split()
        yield mode, name, int(stage), path
