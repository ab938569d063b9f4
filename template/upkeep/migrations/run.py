"""The application of migration steps to the old bake and to the team's files."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ..errors import CannotTell
from .step import Step


def migrate(steps: Sequence[Step], bake: Path, repository: Path) -> list[str]:
    """Apply the steps to both folders, one step after the other, and return the notes on the repository.

    Raises:
        CannotTell: a file cannot be parsed. The folders are copies, so no file of the team was changed.
    """
    notes: list[str] = []
    for step in steps:
        with TemporaryDirectory(prefix="template-") as scratch:
            template = Path(shutil.copytree(bake, Path(scratch) / "bake", symlinks=True))
            if not step.of_team:
                step.apply(bake, template)
            notes += step.apply(repository, template)
    return notes


def refused(repository: Path, path: Path, reason: str) -> CannotTell:
    """Return the error for a file that a step cannot parse."""
    name = path.relative_to(repository).as_posix()
    return CannotTell(f"{name}: it cannot be parsed ({reason}): correct and commit it, then update again.")
