"""The application of migration steps to the old bake and to the team's files."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ..errors import Unparsed
from .step import Step

_CODE = "src"
"""The folder of the service's code. An update does not skip a file that the service imports."""

_LIBRARY = "bounded_context"


def migrate(steps: Sequence[Step], bake: Path, repository: Path) -> list[str]:
    """Apply the steps to both folders, one step after the other, and return the notes on the repository.

    A file of the team that cannot be parsed, such as a script in Python 2, stays as it is. A note has its name.

    Raises:
        CannotTell: a file of the template or of the service's code cannot be parsed. The folders are copies, so no file
            of the team was changed.
    """
    notes, skipped = list[str](), dict[Path, bytes]()
    for step in steps:
        with TemporaryDirectory(prefix="template-") as scratch:
            template = Path(shutil.copytree(bake, Path(scratch) / "bake", symlinks=True))
            if not step.of_team:
                step.apply(bake, template)
            if not step.of_bake:
                notes += _applied(step, repository, template, skipped)
    for path, content in skipped.items():
        path.write_bytes(content)
    return notes


def _applied(step: Step, repository: Path, template: Path, skipped: dict[Path, bytes]) -> list[str]:
    """Apply a step. Remove a file that is skipped until the last step is applied, and begin again without it."""
    try:
        return step.apply(repository, template)
    except Unparsed as error:
        name = error.path.relative_to(repository)
        if not error.names or name.parts[0] == _CODE or (template / name).exists():
            raise refused(repository, error.path, error.reason) from None
        skipped[error.path] = content = error.path.read_bytes()
        error.path.unlink()
        names = dict.fromkeys([*error.names, *([_LIBRARY] if _LIBRARY.encode() in content else [])])
        note = f"{name.as_posix()}: it cannot be parsed ({error.reason}), so no step edits it: look for "
        return [note + ", ".join(f"`{word}`" for word in names), *_applied(step, repository, template, skipped)]


def refused(repository: Path, path: Path, reason: str, names: Sequence[str] = ()) -> Unparsed:
    """Return the error for a file that a step cannot parse; ``names`` are those that the step searches in all files."""
    return Unparsed(path.relative_to(repository).as_posix(), path, reason, names)
