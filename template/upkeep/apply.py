"""Writing of a merge into a repository: the files, and git's index as in a merge before its commit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from ..record import FILE
from .conditions import require_finished, require_visible
from .errors import CannotTell, Dirty
from .git import Git, GitError, reason
from .merge import Merge, Merged
from .replace import NONE, Entry, Replacement, require_room

UNDO = "git add --all && git stash"
"""The command that reverts an update before its commit. The stash keeps the update and all other changes."""

_SUBMODULE = "160000"
"""Git's mode of a submodule, whose object is in another repository."""


def require_clean(folder: Path, file: str = FILE) -> str:
    """Return HEAD's commit of a repository without changes.

    Raises:
        CannotTell: the folder is not in git, its ``file`` is not committed, or a command of git is unfinished.
        Dirty: the repository has changes.
    """
    git = Git(folder)
    process = git.run("rev-parse", "--absolute-git-dir", "HEAD", f"HEAD:./{file}")
    git_dir, head, *_ = [*os.fsdecode(process.stdout).splitlines(), "", ""]
    if not git_dir:
        raise CannotTell(f"{folder} is not a git repository ({reason(process)}): run `git init`, and commit it.")
    if process.returncode:
        raise CannotTell(f"{folder} is not committed: commit it first, so that an update can be undone.")
    changed = git.records("status", "--porcelain", "--no-renames", "-z", "--untracked-files=all")
    require_finished(folder, Path(git_dir), dirty=bool(changed))
    require_visible(git, dirty=bool(changed))
    if changed:
        top = Path(git("rev-parse", "--show-toplevel"))
        for path in (top / record[3:] for record in changed if "D" in record[:2]):
            # git deletes ignored files that are in the place of a file.
            require_room(path, top)
        raise Dirty(
            f"{folder} has {len(changed)} changes that are not committed, {changed[0][3:]} among them: commit them, or "
            f"stash them by `{UNDO}`. The same command reverts an interrupted update."
        )
    return head


def apply(merge: Merge, merged: Merged, message: str) -> None:
    """Write a merge; git offers ``message`` for the commit.

    `UNDO` reverts an interrupted write: the index contains all files and conflicts before the first file is written.

    Raises:
        CannotTell: a file is in the way, or the repository cannot be written. The update changed no file.
        Dirty: a person changed the repository since the plan. The update changed no file.
    """
    git, changed = merge.repository, entries(merge, merged)
    require_clean(git.folder, "")
    try:
        _store(merge, merged)
        prefix, note = git("rev-parse", "--show-prefix", "--git-path", "SQUASH_MSG").split("\n")
        with TemporaryDirectory(prefix=".template-", dir=git.folder, ignore_cleanup_errors=True) as scratch:
            files = Replacement(git, _checked_out(git, prefix, changed, Path(scratch).resolve()), changed)
            files.compare()
            _write(git, files, _index(prefix, [*_lines(changed), *_conflicts(merged)]))
            files.finish()
    except (GitError, OSError) as error:
        raise _unwritten(git, error, "no file was changed") from None
    with suppress(OSError):
        (git.folder / note).write_text(f"{message}\n", encoding="utf-8")


def entries(merge: Merge, merged: Merged) -> list[Entry]:
    """Return the paths that a merge changes."""
    records = merge.reader.records("diff-tree", "-r", "-z", "--no-renames", f"{merge.commit}:./", merged.tree)
    about = (record.removeprefix(":").split()[:4] for record in records[::2])
    return [Entry._make((*fields, path)) for fields, path in zip(about, records[1::2], strict=True)]


def _store(merge: Merge, merged: Merged) -> None:
    """Write the merge's new objects into the repository; git writes each object atomically."""
    sides = [side for stages in merged.conflicts.values() for side in stages.values()]
    names = [merged.tree, *(name for mode, name in sides if mode != _SUBMODULE), f"^{merge.commit}"]
    revisions = "".join(f"{name}\n" for name in names).encode()
    pack = merge.reader.run("pack-objects", "--revs", "--stdout", "-q", stdin=revisions)
    merge.repository("unpack-objects", "-q", stdin=pack.stdout)


def _lines(changed: Iterable[Entry]) -> list[str]:
    """Return the lines of the index without conflicts."""
    return [f"{entry.mode} {entry.name} 0\t{entry.path}" for entry in changed]


def _conflicts(merged: Merged) -> Iterator[str]:
    """Yield the lines of the conflicts, as `git merge` leaves them in the index."""
    for path, stages in merged.conflicts.items():
        yield f"{NONE} {merged.tree} 0\t{path}"
        yield from (f"{mode} {name} {stage}\t{path}" for stage, (mode, name) in sorted(stages.items()))


def _index(prefix: str, lines: Iterable[str]) -> bytes:
    """Return the input of `git update-index --index-info` for paths below ``prefix``."""
    return os.fsencode("".join(line.replace("\t", f"\t{prefix}", 1) + "\0" for line in lines))


def _checked_out(git: Git, prefix: str, changed: list[Entry], scratch: Path) -> Path:
    """Write the changed files below ``scratch`` from an index without conflicts, and return their folder."""
    index_git = Git(git.folder, {"GIT_INDEX_FILE": f"{scratch}/index"})
    lines = _lines(entry for entry in changed if entry.mode != NONE)
    index_git("update-index", "-z", "--index-info", stdin=_index(prefix, lines))
    index_git("checkout-index", "--all", f"--prefix={scratch}/new/")
    return scratch / "new" / prefix


def _write(git: Git, files: Replacement, index: bytes) -> None:
    """Change the index, which git replaces atomically, and the files; after an error, restore both."""
    try:
        git("update-index", "-z", "--index-info", stdin=index)
        files.write()
        git.run("update-index", "-q", "--refresh")
    except (CannotTell, OSError) as error:
        raise _unwritten(git, error, _undone(git, files, index)) from None


def _undone(git: Git, files: Replacement, index: bytes) -> str:
    """Restore the files and the index, and return the result in words. A person's changes remain."""
    changed = files.undo()
    paths = {record.partition(b"\t")[2] for record in index.split(b"\0")} - {b""}
    try:
        whole = Git(Path(git("rev-parse", "--show-toplevel")), {"GIT_LITERAL_PATHSPECS": "1"})
        whole.run("reset", "--quiet", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=b"\0".join(paths))
        git("diff-index", "--cached", "--quiet", "HEAD")
    except (GitError, OSError):
        changed.append("git's index")
    if not changed:
        return "no file was changed"
    return f"{', '.join(changed)} changed meanwhile: `{UNDO}` stashes all changes"


def _unwritten(git: Git, error: Exception, result: str) -> CannotTell:
    if isinstance(error, Dirty):
        return Dirty(f"{error} ({result})")
    return CannotTell(
        f"{git.folder} cannot be written ({error}): {result}; end other commands of git, free disk space or permit "
        "writing, and update again."
    )
