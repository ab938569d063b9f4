"""The files of a repository that git knows: changed files, and saved files."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import sleep
from typing import Final

PAUSE: Final = 0.5
"""Seconds between two comparisons, less than the change from an editor to a terminal takes."""


_REMEDY: Final = "commit the repository with git, or run `context check` without an option."


class NoHistory(RuntimeError):
    """The error if git cannot list the changes; the message has the reason."""


def changed(root: Path) -> tuple[str, ...]:
    """Return the files that differ from the last commit, with new and deleted files, as paths from `root`.

    Raises:
        NoHistory: `root` is not in a git repository, or the repository has no commit.
    """
    against = _git(root, "diff", "--name-only", "--no-renames", "--relative", "-z", "HEAD")
    return tuple(sorted({*against, *_git(root, "ls-files", "--others", "--exclude-standard", "-z")}))


def saves(root: Path) -> Iterator[None]:
    """Yield at once, and again after each change of files: written, created or deleted. Raises NoHistory."""
    before: Mapping[str, int] | None = None
    while True:
        if (times := _times(root)) != before:
            before = times
            yield
        else:
            sleep(PAUSE)


def _times(root: Path) -> Mapping[str, int]:
    """Return the modification time of each tracked or not ignored file, in nanoseconds since 1970."""
    times: dict[str, int] = {}
    for name in _git(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z"):
        try:
            times[name] = (root / name).stat().st_mtime_ns
        except FileNotFoundError:
            continue
    return times


def _git(root: Path, *arguments: str) -> tuple[str, ...]:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise NoHistory(f"git does not start: {error}: {_REMEDY}") from error
    if done.returncode:
        first, *_ = done.stderr.strip().splitlines() or [""]  # outside of a repository, git adds its usage
        raise NoHistory(f"git cannot list the changes in {root}: {first}: {_REMEDY}")
    return tuple(name for name in done.stdout.split("\0") if name)
