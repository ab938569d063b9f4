"""Writing of a merge into a repository: the files, and git's index as in a merge before its commit."""

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
"""The command that reverts an update before its commit: the work tree has no other changes."""


def require_clean(folder: Path) -> None:
    """Raise CannotTell if a folder is not the top of a git repository, or has uncommitted changes."""
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
    """Write a merge; git offers ``message`` for the commit. Raises CannotTell if an ignored file would be overwritten.

    `UNDO` reverts an interrupted write: the index contains all files and conflicts before the first file is written.
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


def _indexed(git: Git, merged: Merged, scratch: Path) -> Git:
    """Replace the index atomically; return git with an index in the file ``scratch`` without conflicts."""
    index = git.folder / git("rev-parse", "--git-path", "index")
    shutil.copy2(index, scratch)
    written = Git(git.folder, {"GIT_INDEX_FILE": str(scratch)})
    written("read-tree", "-m", "HEAD", merged.tree)
    new_index = index.with_name("index.template")
    shutil.copy2(scratch, new_index)
    Git(git.folder, {"GIT_INDEX_FILE": str(new_index)})("update-index", "--index-info", given=_stages(merged).encode())
    new_index.replace(index)
    return written


def _remove(folder: Path, paths: Iterable[str]) -> None:
    """Remove files, and folders that become empty."""
    for path in paths:
        (folder / path).unlink(missing_ok=True)
        for above in Path(path).parents[:-1]:
            with suppress(OSError):
                (folder / above).rmdir()


def _require_room(git: Git, merged: Merged) -> None:
    """Raise CannotTell if a new file would overwrite a file that git ignores, which could not be restored."""
    new = git.records("diff-tree", "-r", "-z", "--name-only", "--diff-filter=A", "--no-renames", "HEAD", merged.tree)
    for name in new:
        path = git.folder / name
        if path.exists() or path.is_symlink():
            raise CannotTell(f"{path} is in the way of the new version's, and git ignores it: move it away.")


def _once(source: str, target: str) -> None:
    """Copy an object unless it exists: objects with the same name are equal."""
    if not Path(target).exists():
        shutil.copy2(source, target)


def _stages(merged: Merged) -> str:
    """Return the index lines of the conflicts, in the format that `git merge` leaves."""
    lines: list[str] = []
    for path, stages in merged.conflicts.items():
        lines.append(f"0 {'0' * 40}\t{path}")
        lines += [f"{mode} {name} {stage}\t{path}" for stage, (mode, name) in sorted(stages.items())]
    return "".join(f"{line}\n" for line in lines)
