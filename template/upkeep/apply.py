"""Write a merge into a repository: the files, and git's index as after a merge that waits for its commit."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from .errors import CannotTell
from .git import Git
from .merge import Merge, Merged

UNDO = "git reset --hard"
"""Takes an update back, as long as it is not committed: nothing else was changed in the work tree."""


def require_clean(folder: Path) -> None:
    """Refuse a folder that is not a repository of git's, or in which something is not committed. Raises CannotTell."""
    git = Git(folder)
    top = git.run("rev-parse", "--show-toplevel")
    if top.returncode or Path(top.stdout.decode().strip()).resolve() != folder.resolve():
        raise CannotTell(f"{folder} is not the top of a git repository: commit it first (git init, add, commit).")
    if git.run("rev-parse", "--verify", "HEAD").returncode:
        raise CannotTell(f"{folder} has no commit yet: commit it first, so that an update can be undone.")
    if changed := git.records("status", "--porcelain", "-z", "--untracked-files=all"):
        raise CannotTell(
            f"{folder} has {len(changed)} changes that are not committed, {changed[0][3:]} among them: "
            f"commit or stash them first. An update that was interrupted is undone by `{UNDO}`."
        )


def apply(merge: Merge, merged: Merged, message: str) -> None:
    """Write it. ``message`` is what git offers for the commit. Raises CannotTell if a file is in the way.

    Whatever ends us leaves either nothing or what `UNDO` takes back: before the first file is written, the index names
    all of them, and each conflict.
    """
    git = merge.repository
    _require_room(merge.reader, merged)
    objects = git.folder / git("rev-parse", "--git-path", "objects")
    shutil.copytree(merge.objects, objects, dirs_exist_ok=True, copy_function=_once)
    gone = git.records("diff-tree", "-r", "-z", "--name-only", "--diff-filter=D", "--no-renames", "HEAD", merged.tree)
    (git.folder / git("rev-parse", "--git-path", "SQUASH_MSG")).write_text(f"{message}\n", encoding="utf-8")
    with TemporaryDirectory(prefix="template-") as scratch:
        written = _indexed(git, merged, Path(scratch) / "index")
        _remove(git.folder, gone)
        written("checkout-index", "--all", "--force")
    git.run("update-index", "-q", "--refresh")


def _indexed(git: Git, merged: Merged, beside: Path) -> Git:
    """Put the index in its place in one step; return git with another one in which nothing is in conflict."""
    index = git.folder / git("rev-parse", "--git-path", "index")
    shutil.copy2(index, beside)
    written = Git(git.folder, {"GIT_INDEX_FILE": str(beside)})
    written("read-tree", "-m", "HEAD", merged.tree)
    coming = index.with_name("index.template")
    shutil.copy2(beside, coming)
    Git(git.folder, {"GIT_INDEX_FILE": str(coming)})("update-index", "--index-info", given=_stages(merged).encode())
    coming.replace(index)
    return written


def _remove(folder: Path, paths: Iterable[str]) -> None:
    """Remove files, and the folders that are empty without them."""
    for path in paths:
        (folder / path).unlink(missing_ok=True)
        for above in Path(path).parents[:-1]:
            with suppress(OSError):
                (folder / above).rmdir()


def _require_room(git: Git, merged: Merged) -> None:
    """Refuse to write over what git does not know, which would be lost."""
    new = git.records("diff-tree", "-r", "-z", "--name-only", "--diff-filter=A", "--no-renames", "HEAD", merged.tree)
    for path in new:
        there = git.folder / path
        if there.exists() or there.is_symlink():
            raise CannotTell(f"{there} is in the way of the new version's, and git ignores it: move it away.")


def _once(source: str, target: str) -> None:
    """Copy an object that is not there: objects of one name are the same."""
    if not Path(target).exists():
        shutil.copy2(source, target)


def _stages(merged: Merged) -> str:
    """Return the index's lines of what is not merged: git then shows it as it shows a merge's conflicts."""
    lines: list[str] = []
    for path, stages in merged.conflicts.items():
        lines.append(f"0 {'0' * 40}\t{path}")
        lines += [f"{mode} {name} {stage}\t{path}" for stage, (mode, name) in sorted(stages.items())]
    return "".join(f"{line}\n" for line in lines)
