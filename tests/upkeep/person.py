"""A person who works in a repository while an update runs, and the bytes that the person saved."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import IO

from .worlds import PATHS

FOLDERS = ("docs", "docs/lonely", "infra", "taken")
_WHO = ("-c", "user.name=team", "-c", "user.email=team@example.com", "-c", "core.editor=true")


class Person:
    """A person; ``saved`` are the contents that must not be lost, ``touched`` the paths of all actions."""

    def __init__(self, folder: Path, random: Random) -> None:
        self.folder, self._random = folder, random
        self.saved: list[bytes] = []
        self.touched: set[str] = set()
        self.bisecting = False
        self.log: list[str] = []
        self._open: list[tuple[IO[bytes], bytes]] = []
        self._count = 0

    def act(self, names: tuple[str, ...] = (), near: str = "") -> None:
        """Do something at random, often with the file ``near``. An action that is not possible does nothing."""
        self.end_saves()
        name = self._random.choice(names or tuple(ACTIONS))
        path = self._random.choice(FOLDERS if name == "link a folder" else PATHS)
        if near in PATHS and name != "link a folder" and self._random.random() < 0.7:
            path = near
        self.log.append(f"{name}: {path}")
        self.touched.add(path)
        try:
            ACTIONS[name](self, path)
        except OSError as error:
            self.log[-1] += f" ({type(error).__name__})"

    def end_saves(self) -> None:
        """Write the content of each file that is open, and close it."""
        for file, content in self._open:
            self._forget_content(file.read() if file.readable() else b"")
            file.seek(0)
            file.write(content)
            file.truncate()
            file.close()
        self._open.clear()

    def git(self, *arguments: str) -> bool:
        """Run git; return whether it succeeds."""
        return not subprocess.run(
            ["git", *_WHO, *arguments], cwd=self.folder, capture_output=True, check=False
        ).returncode

    def save(self, path: str) -> None:
        """Save in place, as most editors do."""
        self._begin(path, "wb")
        self.end_saves()

    def save_by_rename(self, path: str) -> None:
        """Save to another file, and rename it."""
        place, content = self._place(path), self._content()
        other = place.with_name(f"{place.name}.{self._count}~")
        other.write_bytes(content)
        self._forget(place)
        self.saved.append(content)
        other.replace(place)

    def begin(self, path: str) -> None:
        """Open a file for a save, which truncates it."""
        self._begin(path, "wb")

    def begin_without_truncation(self, path: str) -> None:
        """Open a file for a save that writes over the content."""
        self._begin(path, "r+b")

    def delete(self, path: str) -> None:
        """Delete a file."""
        place = self.folder / path
        self._forget(place)
        place.unlink()

    def change_mode(self, path: str) -> None:
        """Make a file executable, or no longer."""
        place = self.folder / path
        place.chmod(place.stat().st_mode ^ 0o111)

    def link_file(self, path: str) -> None:
        """Put a symbolic link in a file's place."""
        self.delete(path)
        content = self._content()
        self._place(path).symlink_to(os.fsdecode(content))
        self.saved.append(content)

    def link_folder(self, path: str) -> None:
        """Move a folder, leave a symbolic link, and save a file in the folder."""
        place = self.folder / path
        if place.is_symlink() or not place.is_dir():
            return
        place.rename(place.with_name(f"{place.name}-moved"))
        place.symlink_to(f"{place.name}-moved")
        self.touched.update(known for known in PATHS if known.startswith(f"{path}/"))
        for inner in ("page", "inner", "x"):
            if (place / inner).exists() or inner == "inner":
                self.save(f"{path}/{inner}")

    def folder_for_file(self, path: str) -> None:
        """Put a folder in a file's place, with a file that git ignores or not."""
        self.delete(path)
        self.save(f"{path}/{self._random.choice(('inner', 'inner.log'))}")

    def file_for_folder(self, path: str) -> None:
        """Put a file in the place of a folder that the update makes or has."""
        folder = self.folder / Path(path).parent
        if folder != self.folder and not folder.exists():
            self.touched.add(str(Path(path).parent))
            self.save(str(Path(path).parent))

    def skip_worktree(self, path: str) -> None:
        """Set git's flag, and save."""
        self.git("update-index", "--skip-worktree", "--", path)
        self.save(path)

    def assume_unchanged(self, path: str) -> None:
        """Set git's flag, and save."""
        self.git("update-index", "--assume-unchanged", "--", path)
        self.save(path)

    def stage(self, path: str) -> None:
        """Save, and stage the file."""
        self.save(path)
        self.git("add", "--", path)

    def stage_and_save(self, path: str) -> None:
        """Stage a content, and save another."""
        self.save(path)
        staged = [*self.saved] if self.git("add", "--", path) else []
        self.save(path)
        self.saved += [content for content in staged if content not in self.saved]

    def commit(self, path: str) -> None:
        """Save, and commit the file."""
        self.stage(path)
        self.git("commit", "--quiet", "--no-verify", "-m", "meanwhile", "--", path)

    def bisect(self, _path: str) -> None:
        """Start a bisect, which is possible at the top of a repository."""
        self.bisecting = self.git("bisect", "start")

    def lock(self, _path: str) -> None:
        """Start a command of git that locks the index."""
        self._index_lock().touch()

    def unlock(self, _path: str = "") -> None:
        """End the command that locks the index."""
        self._index_lock().unlink(missing_ok=True)

    def _index_lock(self) -> Path:
        result = subprocess.run(
            ["git", "rev-parse", "--git-path", "index.lock"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        return self.folder / result.stdout.rstrip("\n")

    def _place(self, path: str) -> Path:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def _content(self) -> bytes:
        self._count += 1
        return b"saved by the team, %d" % self._count

    def _begin(self, path: str, mode: str) -> None:
        place = self._place(path)
        if mode == "wb":
            self._forget(place)
        file, content = open(place, mode), self._content()  # noqa: PTH123, SIM115
        self.saved.append(content)
        self._open.append((file, content))

    def _forget(self, place: Path) -> None:
        """The person replaces a content of the person's own: it need not remain."""
        if place.is_file():
            self._forget_content(place.read_bytes())

    def _forget_content(self, content: bytes) -> None:
        if content in self.saved:
            self.saved.remove(content)


ACTIONS: dict[str, Callable[[Person, str], None]] = {
    "save": Person.save,
    "save by rename": Person.save_by_rename,
    "begin a save": Person.begin,
    "begin a save without truncation": Person.begin_without_truncation,
    "delete": Person.delete,
    "change the mode": Person.change_mode,
    "link a file": Person.link_file,
    "link a folder": Person.link_folder,
    "a folder for a file": Person.folder_for_file,
    "a file for a folder": Person.file_for_folder,
    "skip-worktree": Person.skip_worktree,
    "assume-unchanged": Person.assume_unchanged,
    "stage": Person.stage,
    "stage and save": Person.stage_and_save,
    "commit": Person.commit,
    "bisect": Person.bisect,
    "lock": Person.lock,
    "unlock": Person.unlock,
}


def contents(folder: Path) -> set[bytes]:
    """Return the contents of all files of a work tree, and the targets of its links."""
    contents = set[bytes]()
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        for path in (Path(place) / name for name in (*files, *folders)):
            if path.is_symlink():
                contents.add(os.fsencode(path.readlink()))
            elif path.is_file():
                contents.add(path.read_bytes())
    return contents
