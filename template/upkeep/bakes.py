"""Bakes of a version of the template, made by that version's code in a separate process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory, gettempdir

from .errors import CannotTell
from .releases import Release

_ROOM = 10_000_000
"""The disk space of a bake with its wheel; measured: 7 MB."""

_BAKER = Path(__file__).with_name("baker.py")


def bake_of(release: Release, tree: Path, answers: Mapping[str, str], folder: Path) -> Path:
    """Bake the version in ``tree`` into a new folder in ``folder``, and return that folder.

    Answers to questions that the version does not have are ignored. Its other questions get their defaults.

    Raises:
        CannotTell: the version rejects the answers; the message has its output.
    """
    [bake_or_error] = bakes_of(release, tree, [answers], folder)
    if isinstance(bake_or_error, CannotTell):
        raise bake_or_error
    return bake_or_error


def bakes_of(
    release: Release, tree: Path, answers: Sequence[Mapping[str, str]], folder: Path
) -> list[Path | CannotTell]:
    """Bake each set of answers as `bake_of` does; return the folder of each bake, or its error."""
    with TemporaryDirectory(prefix="template-") as scratch:
        bakes = [_Bake(Path(scratch), tree, entry, folder / str(number)) for number, entry in enumerate(answers)]
        statuses = _statuses(tree, Path(scratch), [bake.arguments() for bake in bakes])
        return [_outcome(release, bake, status) for bake, status in zip(bakes, statuses, strict=True)]


@dataclass(frozen=True)
class _Bake:
    """A bake: its temporary files are in ``scratch``, its result in ``folder``."""

    scratch: Path
    tree: Path
    answers: Mapping[str, str]
    folder: Path

    def arguments(self) -> list[str]:
        """Write cookiecutter's settings, and return the arguments for `baker`."""
        self.folder.mkdir(parents=True)
        own = {"replay_dir": str(self.scratch), "cookiecutters_dir": str(self.scratch)}
        settings = self.scratch / f"{self.folder.name}.json"
        content = json.dumps({**own, "default_context": dict(self.answers)}, ensure_ascii=False)
        settings.write_text(content, encoding="utf-8")
        options = ["--no-input", "--config-file", str(settings), "-o", str(self.folder)]
        return [str(self.output), str(self.tree), *options]

    @property
    def output(self) -> Path:
        """The file with the bake's output."""
        return self.scratch / f"{self.folder.name}.output"


def _statuses(tree: Path, scratch: Path, bakes: list[list[str]]) -> list[int]:
    # PYTHONPATH selects the version's package `template`; `-P` excludes this script's folder from the import path.
    variables = {**os.environ, "PYTHONPATH": str(tree), "TMPDIR": str(scratch)}
    command = [sys.executable, "-P", str(_BAKER)]
    process = subprocess.run(
        command, cwd=scratch, env=variables, input=json.dumps(bakes), capture_output=True, text=True, check=False
    )
    if process.returncode:
        raise CannotTell(f"The template cannot be baked: {process.stderr.strip().splitlines()[-1]}.")
    return json.loads(process.stdout)


def _outcome(release: Release, bake: _Bake, status: int) -> Path | CannotTell:
    if not status:
        return next(path for path in bake.folder.iterdir() if path.is_dir())
    free = disk_usage(bake.scratch).free
    if free < _ROOM:
        return CannotTell(f"A bake needs {_ROOM:,} bytes in {gettempdir()}, which has {free:,}: free disk space.")
    text = bake.output.read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    return CannotTell(f"Version {release.version} cannot be baked with the answers: {' '.join(lines[-3:])}")
