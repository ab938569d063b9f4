"""Options: answers that remove files of the repository. The hook after the bake applies them.

Standard library only: the hooks import this module, and other packages may be missing there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .answers import NONE

_BEFORE = ".before.json"
_GITHUB = ".github"


@dataclass(frozen=True)
class Option:
    """An option: ``answer`` to ``question``. ``drops`` has the paths of files and folders, with derived names."""

    question: str
    answer: str
    drops: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The option's name."""
        return f"{self.question}-{self.answer}"

    def chosen(self, context: Mapping[str, object]) -> bool:
        """Whether the answers choose the option."""
        return context.get(self.question) == self.answer

    def dropped(self, context: Mapping[str, object]) -> tuple[str, ...]:
        """Return the paths of the files and folders that the option removes from a repository."""
        return tuple(path.format(**context) for path in self.drops)


OPTIONS = (
    Option(
        "lists",
        NONE,
        drops=(
            "events/{context_name}ListImported",
            "events/{context_name}ListRejected",
            "src/{__package}/list_steps.py",
            "tests/test_list.py",
        ),
    ),
    Option("api", NONE, drops=("docs/api",)),
)
"""The files of lists, and of the API."""


def remember(project: Path) -> None:
    """Record the files that exist before the bake, with their modification times.

    Cookiecutter's ``--skip-if-file-exists`` leaves existing files unchanged; the hook after the bake cannot see it.
    """
    times = {str(path.relative_to(project)): path.stat().st_mtime_ns for path in _files(project)}
    if times:
        (project / _BEFORE).write_text(json.dumps(times), encoding="utf-8")


def choose(project: Path, context: Mapping[str, object]) -> None:
    """Remove the files that the chosen options drop, and the record of the files before the bake."""
    exceptions = _skipped(project)
    for option in (option for option in OPTIONS if option.chosen(context)):
        for path in (project / name for name in option.dropped(context)):
            _drop(path, exceptions)
            _prune(path.parent, project)
    (project / _BEFORE).unlink(missing_ok=True)


def _drop(path: Path, exceptions: set[Path]) -> None:
    """Remove a file or a folder, except the ``exceptions``."""
    if path.is_dir():
        for inner in path.iterdir():
            _drop(inner, exceptions)
        if not any(path.iterdir()):
            path.rmdir()
    elif path not in exceptions:
        path.unlink(missing_ok=True)


def _prune(folder: Path, project: Path) -> None:
    """Remove an empty folder, and its empty parents in the project."""
    while folder != project and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _skipped(project: Path) -> set[Path]:
    """Return the files that existed before the bake and that the bake did not change."""
    note = project / _BEFORE
    times = json.loads(note.read_text(encoding="utf-8")) if note.exists() else {}
    before = {project / name: time for name, time in times.items()}
    return {path for path, time in before.items() if path.exists() and path.stat().st_mtime_ns == time}


def _files(folder: Path) -> list[Path]:
    """Return the files in a folder, without hidden folders such as .venv and .git.

    .github is included: an option drops its files, and the user's own files there must remain.
    """
    files: list[Path] = []
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") or name == _GITHUB]
        files += (Path(here) / name for name in names)
    return files
