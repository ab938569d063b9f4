"""Git commands in a folder."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..library import program
from .errors import CannotTell

EXACT = ("-c", "core.autocrlf=false", "-c", "core.excludesFile=/dev/null", "-c", "core.hooksPath=/dev/null")
"""Options that compare exact bytes: the user's git settings must not change them."""


class GitError(CannotTell):
    """A git command failed; the message has git's error."""


@dataclass(frozen=True)
class Git:
    """Git in a folder; each command gets the environment ``variables``."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Run a command and return its output without the last newline. Raises GitError if it fails."""
        process = self.run(*arguments, stdin=stdin)
        if process.returncode:
            command = next(word for word in arguments if word != "-c" and "=" not in word)
            raise GitError(f"git {command} in {self.folder}: {reason(process)}")
        return os.fsdecode(process.stdout).rstrip("\n")

    def run(self, *arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run a command and return its output and exit status. Raises GitError if git is not installed.

        Ctrl-C in the terminal does not interrupt the command.
        """
        git = program("git", os.environ.get("PATH"))
        if git is None:
            raise GitError("git is not on the PATH: install it (https://git-scm.com/downloads)")
        return subprocess.run(
            [git, *arguments],
            cwd=self.folder,
            env={**_environment(), **self.variables},
            input=stdin or b"",
            capture_output=True,
            check=False,
            start_new_session=True,
        )

    def records(self, *arguments: str) -> list[str]:
        """Run a command with zero-terminated output, and return its records."""
        return [record for record in self(*arguments).split("\0") if record]


def reason(process: subprocess.CompletedProcess[bytes]) -> str:
    """Return the first error of a failed command in one line: the later ones follow from it."""
    lines = os.fsdecode(process.stderr or process.stdout).strip().splitlines()
    errors = [line for line in lines if line.startswith(("error: ", "fatal: "))]
    return (errors or lines[-1:] or [f"exit status {process.returncode}"])[0].removeprefix("error: ").rstrip(".")


def _environment() -> dict[str, str]:
    """Return the environment without git's variables: in a hook of git they select another repository."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # Without optional locks, `git status` writes nothing, so it works on a full disk.
    return {**variables, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
