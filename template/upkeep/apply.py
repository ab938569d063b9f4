"""Writing of a merge into a repository: the files, and git's index as in a merge before its commit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from ..record import FILE
from .errors import CannotTell, Dirty
from .git import Git, GitError, reason
from .merge import Merge, Merged

UNDO = "git reset --hard"
"""The command that reverts an update before its commit: the work tree has no other changes."""

_NONE, _SUBMODULE = "000000", "160000"
"""Git's modes of a path that a tree does not contain, and of a submodule, whose object is in another repository."""


class Entry(NamedTuple):
    """A path that a merge changes: its mode before and after the merge, and its new object."""

    before: str
    mode: str
    name: str
    path: str


def require_clean(folder: Path, file: str = FILE) -> None:
    """Raise CannotTell if a folder is not in git, its ``file`` is not committed, or the repository has changes."""
    git = Git(folder)
    if (found := git.run("rev-parse", "--git-dir")).returncode:
        raise CannotTell(f"{folder} is not a git repository ({reason(found)}): run `git init`, and commit it.")
    if git.run("rev-parse", "--verify", f"HEAD:./{file}").returncode:
        raise CannotTell(f"{folder} is not committed: commit it first, so that an update can be undone.")
    if changed := git.records("status", "--porcelain", "-z", "--untracked-files=all"):
        raise Dirty(
            f"{folder} has {len(changed)} changes that are not committed, {changed[0][3:]} among them: "
            f"commit or stash them first. An update that was interrupted is undone by `{UNDO}`."
        )


def apply(merge: Merge, merged: Merged, message: str) -> None:
    """Write a merge; git offers ``message`` for the commit.

    `UNDO` reverts an interrupted write: the index contains all files and conflicts before the first file is written.

    Raises:
        CannotTell: an ignored file would be overwritten, or the repository cannot be written. Its files are unchanged.
    """
    git, changed = merge.repository, entries(merge, merged)
    _require_room(git.folder, changed)
    try:
        _store(merge, merged)
        (git.folder / git("rev-parse", "--git-path", "SQUASH_MSG")).write_text(f"{message}\n", encoding="utf-8")
        prefix = git("rev-parse", "--show-prefix")
        _update_index(git, prefix, [*_lines(changed), *_conflicts(merged)])
        _write(git, prefix, changed)
    except (GitError, OSError) as error:
        git.run("reset", "--hard", "--quiet")
        restored = not git.records("status", "--porcelain", "-z")
        result = "no file was changed" if restored else f"`{UNDO}` restores the files"
        raise CannotTell(
            f"{git.folder} cannot be written ({error}): {result}; free disk space or permit writing, and update again."
        ) from None


def entries(merge: Merge, merged: Merged) -> list[Entry]:
    """Return the paths that a merge changes."""
    records = merge.reader.records("diff-tree", "-r", "-z", "--no-renames", "HEAD:./", merged.tree)
    about = (record.removeprefix(":").split() for record in records[::2])
    return [
        Entry(before, mode, name, path) for (before, mode, _, name, _), path in zip(about, records[1::2], strict=True)
    ]


def _store(merge: Merge, merged: Merged) -> None:
    """Write the merge's new objects into the repository; git writes each object atomically."""
    sides = [side for stages in merged.conflicts.values() for side in stages.values()]
    wanted = [merged.tree, *(name for mode, name in sides if mode != _SUBMODULE), "^HEAD"]
    revisions = "".join(f"{name}\n" for name in wanted).encode()
    pack = merge.reader.run("pack-objects", "--revs", "--stdout", "-q", given=revisions)
    merge.repository("unpack-objects", "-q", given=pack.stdout)


def _lines(changed: Iterable[Entry]) -> list[str]:
    """Return the lines of the index without conflicts."""
    return [f"{entry.mode} {entry.name} 0\t{entry.path}" for entry in changed]


def _conflicts(merged: Merged) -> Iterator[str]:
    """Yield the lines of the conflicts, as `git merge` leaves them in the index."""
    for path, stages in merged.conflicts.items():
        yield f"{_NONE} {merged.tree} 0\t{path}"
        yield from (f"{mode} {name} {stage}\t{path}" for stage, (mode, name) in sorted(stages.items()))


def _update_index(git: Git, prefix: str, lines: Iterable[str]) -> None:
    """Change paths below ``prefix`` in the index; git replaces the index atomically."""
    given = "".join(line.replace("\t", f"\t{prefix}", 1) + "\0" for line in lines)
    git("update-index", "-z", "--index-info", given=os.fsencode(given))


def _write(git: Git, prefix: str, changed: list[Entry]) -> None:
    """Remove the removed files, and write the changed files from an index without conflicts."""
    _remove(git.folder, (entry.path for entry in changed if entry.mode == _NONE))
    with TemporaryDirectory(prefix="template-") as scratch:
        written = Git(git.folder, {"GIT_INDEX_FILE": f"{scratch}/index"})
        _update_index(written, prefix, _lines(entry for entry in changed if entry.mode != _NONE))
        written("checkout-index", "--all", "--force")
    git.run("update-index", "-q", "--refresh")


def _remove(folder: Path, paths: Iterable[str]) -> None:
    """Remove files, and folders that become empty."""
    for path in paths:
        (folder / path).unlink(missing_ok=True)
        for above in Path(path).parents[:-1]:
            with suppress(OSError):
                (folder / above).rmdir()


def _require_room(folder: Path, changed: Iterable[Entry]) -> None:
    """Raise CannotTell if a new file would overwrite a file that git ignores, which could not be restored."""
    for path in (folder / entry.path for entry in changed if entry.before == _NONE):
        if path.exists() or path.is_symlink():
            raise CannotTell(f"{path} is in the way of the new version's, and git ignores it: move it away.")
