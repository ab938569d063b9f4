"""Git commands in a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import CannotTell


class GitError(CannotTell):
    """A git command failed; the message has git's error."""


@dataclass(frozen=True)
class Git:
    """Git in a folder; each command gets the environment ``variables``."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, given: bytes | None = None) -> str:
        """Run a command and return its output without the last newline. Raises GitError if it fails."""
        done = self.run(*arguments, given=given)
        if done.returncode:
            lines = os.fsdecode(done.stderr or done.stdout).strip().splitlines()
            raise GitError(f"git {arguments[0]} in {self.folder}: {lines[-1] if lines else done.returncode}")
        return os.fsdecode(done.stdout).rstrip("\n")

    def run(self, *arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run a command and return its output and exit status. Raises GitError if git is not installed.

        Ctrl-C in the terminal does not interrupt the command.
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
        """Run a command with zero-terminated output, and return its records."""
        return [record for record in self(*arguments).split("\0") if record]


def _environment() -> dict[str, str]:
    """Return the environment without git's variables: in a hook of git they select another repository."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**variables, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
