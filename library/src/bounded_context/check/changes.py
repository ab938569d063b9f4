"""What git says of the files of a repository."""

import subprocess
from pathlib import Path


class NoHistory(RuntimeError):
    """Git cannot say what has changed; the message says why."""


def changed(root: Path) -> tuple[str, ...]:
    """Return the files that differ from the last commit, new and deleted ones too, by their paths from `root`.

    Raises:
        NoHistory: `root` is in no git repository, or there is no commit yet.
    """
    against = _git(root, "diff", "--name-only", "--no-renames", "--relative", "-z", "HEAD")
    return tuple(sorted({*against, *_git(root, "ls-files", "--others", "--exclude-standard", "-z")}))


def known(root: Path) -> tuple[str, ...]:
    """Return the files that git keeps or would keep, by their paths from `root`. Raises NoHistory, as `changed`."""
    return _git(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z")


def _git(root: Path, *arguments: str) -> tuple[str, ...]:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise NoHistory(f"Git cannot say what has changed: {done.stderr.strip()}")
    return tuple(name for name in done.stdout.split("\0") if name)
