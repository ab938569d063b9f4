"""The contracts at the beginning of the current branch, by git. A branch may rewrite the files that it has added."""

import json
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_MAIN: Final = ("remotes/origin/HEAD", "remotes/origin/main", "remotes/origin/master", "heads/main", "heads/master")
"""The names of the main branch, of which the first that exists counts."""
_FOLDERS: Final = ("events", "released", "docs/api")

_ANEW: Final = (
    "If no stack is deployed yet, delete events, released and docs/api, and run `uv run context contracts` and "
    "`uv run context openapi`."
)


@dataclass(frozen=True)
class Baseline:
    """The recorded contracts of a repository that are fixed.

    ``files`` are those of the commit at which the current branch began. They are None without git or that commit, or if
    the samples of a version were deleted since: each file on disk is fixed then.
    """

    root: Path
    commit: str = ""
    files: frozenset[str] | None = None
    has_tags: bool = False

    @classmethod
    def of(cls, root: Path) -> Self:
        """Return the baseline of the repository in ``root``."""
        names = [f"refs/{name}" for name in _MAIN]
        refs = git(root, "for-each-ref", "--format=%(refname)", *names, "refs/tags").splitlines()
        main = next((name for name in names if name in refs), None)
        commit = git(root, "merge-base", "HEAD", main).strip() if main else ""
        has_tags = any(name.startswith("refs/tags/") for name in refs)
        files = git(root, "ls-tree", "-r", "-z", "--name-only", commit, "--", *_FOLDERS).split("\0") if commit else None
        baseline = cls(root, commit, files if files is None else frozenset(files), has_tags)
        return cls(root, has_tags=has_tags) if any(map(baseline._is_rewritten, baseline.files or ())) else baseline

    def _is_rewritten(self, path: str) -> bool:
        """Return whether the branch has deleted samples of a version, by hand or to write all contracts anew."""
        if not path.startswith("released/"):
            return False
        file = self.root / path
        if not file.is_file():
            return True
        before, after = json.loads(self.text(path) or "{}"), json.loads(file.read_text(encoding="utf-8"))
        return any(
            sample not in after.get(section, {}).get(form, ())
            for section in ("stored", "staged", "asked", "sent")
            for form, samples in before[section].items()
            for sample in samples
        )

    def is_own(self, path: str) -> bool:
        """Return whether the branch has added this file, so that it may be written anew."""
        return self.files is not None and path not in self.files

    def text(self, path: str) -> str | None:
        """Return the fixed text of a file, or None if there is none, or the file was deleted."""
        file = self.root / path
        if not file.is_file() or self.is_own(path):
            return None
        return git(self.root, "show", f"{self.commit}:./{path}") if self.commit else file.read_text(encoding="utf-8")

    def with_remedy(self, faults: Iterable[str]) -> Iterator[str]:
        """Yield faults, the last with the remedy of a context that may never have been deployed."""
        sentences = list(faults)
        is_young = not self.has_tags and len([*(self.root / "released").glob("*.json")]) <= 1
        yield from sentences[:-1]
        yield from (f"{sentence} {_ANEW}" if is_young else sentence for sentence in sentences[-1:])


def git(root: Path, *arguments: str) -> str:
    """Return the output of git, or an empty text if git fails or is not installed."""
    try:
        process = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError:
        return ""
    return "" if process.returncode else process.stdout
