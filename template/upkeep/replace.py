"""Replacement of files that a person may save at the same moment: each saved byte remains in the work tree.

A file is moved aside before its comparison, so later saves create another file. A new file gets its name by a hard
link, which fails if the name is taken. The files aside are deleted at the end.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from .errors import CannotTell, Dirty
from .git import Git

NONE = "000000"
"""Git's mode of a path that a tree does not contain."""

_LINK, _EXECUTABLE, _REGULAR, _OTHER = "120000", "100755", "100644", "040000"

_WITHOUT_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.EXDEV, errno.ENOSYS)
"""The errors of a hard link on a disk without hard links, and to another disk."""

File = tuple[str, bytes]
"""Git's mode of a file and its content. The content of a symbolic link is its target; a folder has none."""


class Entry(NamedTuple):
    """A path that a merge changes: the modes before and after the merge, and the objects before and after it."""

    before: str
    mode: str
    old: str
    name: str
    path: str


class Replacement:
    """The replacement of files in a repository by the files of a folder ``new`` on the same disk."""

    def __init__(self, git: Git, new: Path, entries: Iterable[Entry]) -> None:
        self._git, self._new = git, new
        # A folder may take the name of a removed file.
        self._entries = sorted(entries, key=lambda entry: entry.mode != NONE)
        self._mark = f"template-{uuid4().hex[:8]}"
        self._committed = dict[str, File | None]()
        self._placed = dict[str, File | None]()

    def compare(self) -> None:
        """Raise CannotTell if a file differs from the commit, or is in the way of a new file.

        The comparison is by content, so git's flags `skip-worktree` and `assume-unchanged` do not matter.
        """
        removed = {self._path(entry) for entry in self._entries if entry.mode == NONE}
        for entry in self._entries:
            require_room(self._path(entry), self._git.folder, removed)
            file = _file(self._path(entry))
            if file and entry.before == NONE:
                raise CannotTell(
                    f"{self._path(entry)} is in the way of the new version's file, and is not committed: move it away."
                )
            if file and not self._is_committed(entry, *file):
                raise self._different(entry)
            self._committed[entry.path] = file

    def write(self) -> None:
        """Replace the files. After an error, `undo` restores them.

        Raises:
            Dirty: a file was saved since the comparison.
        """
        for entry in self._entries:
            self._placed[entry.path] = None
            with suppress(FileNotFoundError, NotADirectoryError):
                if self._committed[entry.path]:
                    self._path(entry).rename(self._aside(entry))
            self._require_unchanged(entry)
            if entry.mode != NONE:
                self._place(entry)
        for entry in self._entries:
            self._require_unchanged(entry)

    def undo(self) -> list[str]:
        """Restore the files, and return the paths that a person saved meanwhile: their files remain as saved."""
        started = [entry for entry in reversed(self._entries) if entry.path in self._placed]
        return [entry.path for entry in started if not self._restored(entry)]

    def finish(self) -> None:
        """Delete the files aside, and folders that are empty now. A file that was saved at this moment remains."""
        for entry in self._entries:
            with suppress(OSError, Dirty):
                self._require_unchanged(entry)
                self._aside(entry).unlink()
            if entry.mode == NONE:
                self._remove_empty(entry)

    def _path(self, entry: Entry) -> Path:
        return self._git.folder / entry.path

    def _aside(self, entry: Entry, suffix: str = "") -> Path:
        return self._path(entry).with_name(f".{Path(entry.path).name}.{self._mark}{suffix}")

    def _is_committed(self, entry: Entry, mode: str, content: bytes) -> bool:
        """Whether git has the file as ``entry.old``; git's conversions, such as of line ends, are no changes."""
        if mode != entry.before and not self._without_modes(mode, entry.before):
            return False
        if _object(content, entry.old) == entry.old:
            return True
        hashed = ("hash-object", "--stdin", "--path", entry.path)
        return mode != _LINK and self._git(*hashed, stdin=content) == entry.old

    def _different(self, entry: Entry) -> Dirty:
        """Return the error of a file that `git status` does not show: git hides it, or it was saved a moment ago."""
        if self._git("ls-files", "-v", "--", entry.path)[:1] != "S":
            return _change_during_update(self._path(entry))
        return Dirty(
            f"{self._path(entry)} differs from the last commit, and git hides the change: run `git update-index "
            f"--no-skip-worktree {entry.path}`, commit or stash the change, and update again."
        )

    def _without_modes(self, *modes: str) -> bool:
        """Whether the modes differ only in the executable bit, and the repository does not record it."""
        recorded = self._git.run("config", "--type=bool", "core.fileMode").stdout.strip()
        return recorded == b"false" and set(modes) == {_REGULAR, _EXECUTABLE}

    def _require_unchanged(self, entry: Entry) -> None:
        aside = self._aside(entry)
        if _file(aside) != self._committed[entry.path] or _is_written(aside):
            raise _change_during_update(self._path(entry))

    def _place(self, entry: Entry) -> None:
        path = self._path(entry)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._placed[entry.path] = _file(self._new / entry.path)
            _move(self._new / entry.path, path)
        except (FileExistsError, NotADirectoryError):
            raise _change_during_update(path) from None

    def _restored(self, entry: Entry) -> bool:
        """Restore a file unless a person saved it. Return whether it is as before."""
        path, aside = self._path(entry), self._aside(entry)
        with suppress(OSError):
            self._take_back(entry, self._placed[entry.path])
        with suppress(OSError):
            _move(aside, path)
        with suppress(OSError, Dirty):
            self._require_unchanged(entry)
            aside.unlink()
        self._remove_empty(entry)
        with suppress(OSError):
            return _file(path) == self._committed[entry.path]
        return False

    def _take_back(self, entry: Entry, placed: File | None) -> None:
        """Delete the new file unless a person saved it."""
        path, ours = self._path(entry), self._aside(entry, ".new")
        if placed and _file(path) == placed:
            path.rename(ours)
            if _file(ours) == placed and not _is_written(ours):
                ours.unlink()
            else:
                _move(ours, path)

    def _remove_empty(self, entry: Entry) -> None:
        """Remove the folders above a path that are empty."""
        with suppress(OSError):
            for above in Path(entry.path).parents[:-1]:
                (self._git.folder / above).rmdir()


def require_room(path: Path, root: Path, removed: Iterable[Path] = ()) -> None:
    """Raise CannotTell if a folder has the name of a file, or a file the name of a folder above it in ``root``."""
    for folder in (root / above for above in path.relative_to(root).parents[:-1]):
        if folder not in removed and (folder.is_symlink() or (folder.exists() and not folder.is_dir())):
            raise CannotTell(f"{folder} is in the place of a folder: move it away.")
    if path.is_dir() and not path.is_symlink():
        raise CannotTell(f"{path} is a folder in the place of a file: move it away.")


def _change_during_update(path: Path) -> Dirty:
    return Dirty(f"{path} was changed while the update ran: commit or stash it, and update again.")


def _file(path: Path) -> File | None:
    """Return the mode and the content of a path; None if there is no file."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            return _LINK, os.fsencode(path.readlink())
        if stat.S_ISREG(mode):
            return _EXECUTABLE if mode & stat.S_IXUSR else _REGULAR, path.read_bytes()
        return _OTHER, b""
    except (FileNotFoundError, NotADirectoryError):
        return None


def _object(content: bytes, like: str) -> str:
    """Return git's name of a content, by SHA-1 or SHA-256 as the name ``like``."""
    blob = b"blob %d\0%b" % (len(content), content)
    return (hashlib.sha256 if len(like) == 64 else hashlib.sha1)(blob, usedforsecurity=False).hexdigest()


def _is_written(path: Path) -> bool:
    """Whether a process has the file open for writing. Only Linux tells (fcntl(2), F_SETLEASE); otherwise False."""
    with suppress(OSError, AttributeError), path.open("rb") as file:
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except BlockingIOError:
            return True
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def _move(file: Path, path: Path) -> None:
    """Move a file to a name that is free. Raises FileExistsError if it is taken."""
    if file.is_symlink():
        path.symlink_to(file.readlink())
    elif file.is_dir():
        # It replaces an empty folder at most.
        file.rename(path)
        return
    else:
        _link(file, path)
    file.unlink()


def _link(file: Path, path: Path) -> None:
    try:
        path.hardlink_to(file)
    except OSError as error:
        if error.errno not in _WITHOUT_LINKS:
            raise
        with path.open("xb") as copy:
            copy.write(file.read_bytes())
        path.chmod(file.stat().st_mode)
