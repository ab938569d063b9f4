"""The conditions of an update in a repository: no other update, no unfinished command of git, no hidden changes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import CannotTell, Dirty
from .git import Git

_UNFINISHED = {
    "rebase-apply/applying": ("am", "git am --continue"),
    "rebase-apply": ("rebase", "git rebase --continue"),
    "rebase-merge": ("rebase", "git rebase --continue"),
    "MERGE_HEAD": ("merge", "git merge --continue"),
    "CHERRY_PICK_HEAD": ("cherry-pick", "git cherry-pick --continue"),
    "REVERT_HEAD": ("revert", "git revert --continue"),
    "sequencer": ("cherry-pick or revert", "git cherry-pick --continue"),
    "BISECT_LOG": ("bisect", "git bisect reset"),
}
"""The files of git's folder during a command of several steps, its name, and the command that ends it.

Source: git's `wt-status.c`, `wt_status_get_state`.
"""


def require_finished(folder: Path, git_dir: Path, *, dirty: bool) -> None:
    """Raise CannotTell if a command of git is unfinished, such as a rebase: its end would commit or drop the update.

    A bisect ends only in a clean work tree, so it is passed over in a ``dirty`` one.
    """
    for name, (command, end) in _UNFINISHED.items():
        if (git_dir / name).exists() and not (dirty and command == "bisect"):
            raise CannotTell(
                f"{folder} is in a {command}: end it by `{end}`, or as `git status` describes, and update again."
            )


def require_visible(git: Git, *, dirty: bool) -> None:
    """Raise Dirty if a flag hides a change that `git stash` would drop, or by which it would fail.

    These are `assume-unchanged`, and `skip-worktree` in a ``dirty`` work tree.

    Source: git's `update-index` page, "Using "assume unchanged" bit" and "Skip-worktree bit".
    """
    flags = {record[2:]: record[0] for record in git.records("ls-files", "-v", "-z", ":/")}
    hidden = [path for path, flag in flags.items() if flag.islower() or (dirty and flag == "S")]
    files = [path for path in hidden if (git.folder / path).is_file() and not (git.folder / path).is_symlink()]
    if not files:
        return
    staged = (record.partition("\t") for record in git.records("ls-files", "-s", "-z", ":/"))
    stored = {path: about for about, _, path in staged}
    names = git("hash-object", "--stdin-paths", stdin=os.fsencode("\n".join(files))).split()
    for path in (path for path, name in zip(files, names, strict=True) if name not in stored[path].split()):
        flag = "skip-worktree" if flags[path] == "S" else "assume-unchanged"
        raise Dirty(
            f"{git.folder / path} has a change that git hides: run `git update-index --no-{flag} {path}`, "
            "commit or stash it, and update again."
        )


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Prevent a second update of a repository. The lock ends with this process, also if it is killed.

    Raises:
        CannotTell: another update runs.
    """
    process = Git(folder).run("rev-parse", "--absolute-git-dir") if folder.is_dir() else None
    if process is None or process.returncode:
        # `plan` reports such a folder.
        yield
        return
    descriptor = os.open(os.fsdecode(process.stdout).rstrip("\n"), os.O_RDONLY)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotTell(f"Another update of {folder} runs: wait for its end.") from None
