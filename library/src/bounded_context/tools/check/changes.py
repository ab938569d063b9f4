"""Changed and known files of a repository, from git."""

import subprocess
from pathlib import Path


class NoHistory(RuntimeError):
    """The error if git cannot list the changes; the message has the reason."""


def changed(root: Path) -> tuple[str, ...]:
    """Return the files that differ from the last commit, with new and deleted files, as paths from `root`.

    Raises:
        NoHistory: `root` is not in a git repository, or the repository has no commit.
    """
    against = _git(root, "diff", "--name-only", "--no-renames", "--relative", "-z", "HEAD")
    return tuple(sorted({*against, *_git(root, "ls-files", "--others", "--exclude-standard", "-z")}))


def known(root: Path) -> tuple[str, ...]:
    """Return the tracked files and the untracked files that are not ignored, as paths from `root`. Raises NoHistory."""
    return _git(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z")


def _git(root: Path, *arguments: str) -> tuple[str, ...]:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise NoHistory(f"Git cannot say what has changed: {done.stderr.strip()}")
    return tuple(name for name in done.stdout.split("\0") if name)
