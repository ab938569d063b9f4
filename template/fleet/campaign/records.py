"""The folder of a campaign: texts of pull requests, logs, and the results of checks by commit."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ...upkeep.errors import CannotTell

_WORK = "work-"
"""The prefix of the folder of temporary clones and environments."""


class Records:
    """The files of a campaign, named after the folders of the repositories."""

    def __init__(self, place: Path, version: str) -> None:
        self.version = version
        self.folder = (place if place.is_dir() else place.parent).resolve() / f"campaign-{version}"

    def text(self, name: str) -> Path:
        """Return the file with the text of a pull request."""
        return self.folder / f"{name}.md"

    def log(self, name: str) -> Path:
        """Return the file with the output of a repository's own commands."""
        return self.folder / f"{name}.log"

    def passed(self, name: str, commit: str) -> bool:
        """Whether the check of a repository passed at this commit."""
        try:
            return json.loads(self._result(name).read_text(encoding="utf-8")) == {"passed": commit}
        except (OSError, ValueError):
            return False

    def record(self, name: str, commit: str) -> None:
        """Record that the check of a repository passed at this commit."""
        self._result(name).write_text(json.dumps({"passed": commit}), encoding="utf-8")

    @contextmanager
    def work(self) -> Iterator[Path]:
        """Yield a folder for temporary files, on the disk of the clones. Delete the folder of a killed campaign.

        Raises:
            CannotTell: another campaign uses the folder.
        """
        self.folder.mkdir(exist_ok=True)
        (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for old_folder in self.folder.glob(f"{_WORK}*"):
                shutil.rmtree(old_folder, ignore_errors=True)
            with TemporaryDirectory(prefix=_WORK, dir=self.folder, ignore_cleanup_errors=True) as scratch:
                yield Path(scratch)
        except BlockingIOError:
            raise CannotTell(f"Another campaign uses {self.folder}: wait for its end.") from None
        finally:
            os.close(descriptor)

    def _result(self, name: str) -> Path:
        return self.folder / f"{name}.json"
