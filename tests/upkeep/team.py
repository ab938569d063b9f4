"""A repository as its team keeps it in git."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

BakedBy = Callable[[str], "Team"]
"""Gives a team the repository that a version bakes."""


class Team:
    """A repository in git, and what its team does in it."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.git("init", "--quiet", *options)
        self.commit("as it was baked")

    def git(self, *arguments: str) -> str:
        """Run git as the team has it; returns what it prints."""
        who = ("-c", "user.name=team", "-c", "user.email=team@example.com", "-c", "core.autocrlf=false")
        result = subprocess.run(["git", *who, *arguments], cwd=self.folder, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def commit(self, message: str = "a change") -> None:
        """Commit all that is there."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def read(self, path: str) -> str:
        """Return a file's text, with the line ends that it has."""
        return (self.folder / path).read_bytes().decode()

    def replace(self, path: str, old: str, new: str) -> None:
        """Change one place of a file."""
        assert self.read(path).count(old) == 1, path
        self.write(path, self.read(path).replace(old, new))

    def insert(self, path: str, line: str, added: str) -> None:
        """Insert text after the first occurrence of a line."""
        assert line in self.read(path), path
        self.write(path, self.read(path).replace(line, line + added, 1))

    def status(self) -> dict[str, str]:
        """Git's two letters of each file that is not as in the last commit."""
        lines = self.git("status", "--porcelain", "--no-renames", "--untracked-files=all").splitlines()
        return {line[3:].strip('"'): line[:2] for line in lines}

    def everything(self) -> dict[str, bytes]:
        """All files with their content, and git's index and HEAD."""
        files = (path for path in self.folder.rglob("*") if ".git" not in path.parts and path.is_file())
        state = {str(path.relative_to(self.folder)): path.read_bytes() for path in files}
        return state | {"HEAD": self.git("rev-parse", "HEAD").encode(), "index": self.git("ls-files", "-s").encode()}


def copied(folder: Path, to: Path) -> Path:
    """Return a copy of a bake, in a folder of the same name."""
    return Path(shutil.copytree(folder, to / folder.name, symlinks=True))


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Fail each write beyond this size of a file in this process; in git, the write kills the process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
