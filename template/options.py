"""Answers that leave something out: which files go, and which take others' places.

The folder ``options/<option>/`` of the template mirrors the repository. With the option its files take the places of
the default's, and what the option drops goes away; without it they go unused. The hook after the bake does this.

Standard library only: the hooks import this module, whatever is installed beside them.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .answers import CODECOMMIT, NONE

FOLDER = "options"
"""Where the template keeps the options' files; no bake keeps it."""

_BEFORE = "before.json"
_GITHUB = ".github"


@dataclass(frozen=True)
class Option:
    """An option: ``question`` answered with ``answer``. It drops files and folders; paths may hold derived names."""

    question: str
    answer: str
    drops: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of its folder."""
        return f"{self.question}-{self.answer}"

    def chosen(self, context: Mapping[str, object]) -> bool:
        """Whether the answers choose it."""
        return context.get(self.question) == self.answer

    def dropped(self, context: Mapping[str, object]) -> tuple[str, ...]:
        """Return the paths of the files and the folders that it drops from a repository."""
        return tuple(path.format(**context) for path in self.drops)


OPTIONS = (
    Option("verification", NONE),
    Option("api", NONE, drops=("docs/api",)),
    Option("source", CODECOMMIT, drops=("CODEOWNERS",)),
    Option("pull_requests", NONE, drops=(".github/actions/setup", ".github/workflows", ".github/zizmor.yml")),
)
"""What no data can say: a workflow's step without a look-up, no document of an API that is not there, no owners of code
for a service that knows none, and no workflows where no request is looked at."""


def remember(project: Path) -> None:
    """Note which files are there before the bake, and when they were written.

    Cookiecutter's ``--skip-if-file-exists`` promises to leave them alone, and the hook after the bake cannot see it.
    """
    times = {str(path.relative_to(project)): path.stat().st_mtime_ns for path in _files(project)}
    if times:
        note = project / FOLDER / _BEFORE
        note.parent.mkdir(exist_ok=True)
        note.write_text(json.dumps(times), encoding="utf-8")


def choose(project: Path, context: Mapping[str, object]) -> None:
    """Put the chosen options' files in their places, and remove what the options drop, and the folder of options."""
    folder = project / FOLDER
    kept = _skipped(project)
    for option in (option for option in OPTIONS if option.chosen(context)):
        for path in (project / name for name in option.dropped(context)):
            _drop(path, kept)
            _prune(path.parent, project)
        for path in _files(folder / option.name):
            target = project / path.relative_to(folder / option.name)
            if target not in kept:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(path, target)
    _clear(folder)


def _drop(path: Path, kept: set[Path]) -> None:
    """Remove a file, or a folder, but for what is kept."""
    if path.is_dir():
        for inner in path.iterdir():
            _drop(inner, kept)
        if not any(path.iterdir()):
            path.rmdir()
    elif path not in kept:
        path.unlink(missing_ok=True)


def _prune(folder: Path, project: Path) -> None:
    """Remove a folder in which nothing is left, and those around it, within the project."""
    while folder != project and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _clear(folder: Path) -> None:
    """Remove our part of the folder: a repository that was there before may have one of this name."""
    for option in OPTIONS:
        shutil.rmtree(folder / option.name, ignore_errors=True)
    (folder / _BEFORE).unlink(missing_ok=True)
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()


def _skipped(project: Path) -> set[Path]:
    """Return the files that were there before the bake and that the bake has left alone."""
    note = project / FOLDER / _BEFORE
    times = json.loads(note.read_text(encoding="utf-8")) if note.exists() else {}
    before = {project / name: time for name, time in times.items()}
    return {path for path, time in before.items() if path.exists() and path.stat().st_mtime_ns == time}


def _files(folder: Path) -> list[Path]:
    """Return the files below a folder, but for what tools keep in folders of their own, such as .venv and .git.

    What lies in .github is ours to leave out, or somebody else's to be kept.
    """
    found: list[Path] = []
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") or name == _GITHUB]
        found += (Path(here) / name for name in names)
    return found
