"""Git's own commands, run in a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import CannotTell


class GitError(CannotTell):
    """Git refused: the message has its own words."""


@dataclass(frozen=True)
class Git:
    """Git in a folder; ``variables`` are set for each of its commands."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, given: bytes | None = None) -> str:
        """Run a command and return what it prints, without its last newline. Raises GitError if it fails."""
        done = self.run(*arguments, given=given)
        if done.returncode:
            said = os.fsdecode(done.stderr or done.stdout).strip().splitlines()
            raise GitError(f"git {arguments[0]} in {self.folder}: {said[-1] if said else done.returncode}")
        return os.fsdecode(done.stdout).rstrip("\n")

    def run(self, *arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run a command and return it with what it printed and its exit status.

        It gets no signal of the terminal: what it began, it ends. Raises GitError if git is not installed.
        """
        git = shutil.which("git")
        if git is None:
            raise GitError("git is not on the PATH: install it (https://git-scm.com/downloads)")
        return subprocess.run(
            [git, *arguments],
            cwd=self.folder,
            env={**_environment(), **self.variables},
            input=given or b"",
            capture_output=True,
            check=False,
            start_new_session=True,
        )

    def records(self, *arguments: str) -> list[str]:
        """Run a command that ends each of its records with a zero byte, and return the records."""
        return [record for record in self(*arguments).split("\0") if record]


def _environment() -> dict[str, str]:
    """Return our variables without those by which a hook of git points at another repository."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
