"""A version's bakes of given answers, made by that version's own code in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from .errors import CannotTell
from .releases import Release

_BAKER = Path(__file__).with_name("baker.py")


def bake_of(release: Release, tree: Path, answers: Mapping[str, str], folder: Path) -> Path:
    """Bake a version's files, which lie in ``tree``, into a new folder below ``folder``, and return that folder.

    Answers that the version does not ask for are left aside, and what it asks for besides them gets its defaults.

    Raises:
        CannotTell: the version refuses the answers; the message has its own words.
    """
    [found] = bakes_of(release, tree, [answers], folder)
    if isinstance(found, CannotTell):
        raise found
    return found


def bakes_of(
    release: Release, tree: Path, answers: Sequence[Mapping[str, str]], folder: Path
) -> list[Path | CannotTell]:
    """Bake as `bake_of` does, once for each of the answers; return the folder of each, or why there is none."""
    with TemporaryDirectory(prefix="template-") as scratch:
        bakes = [_Bake(Path(scratch), tree, one, folder / str(number)) for number, one in enumerate(answers)]
        statuses = _statuses(tree, Path(scratch), [bake.arguments() for bake in bakes])
        return [_outcome(release, bake, status) for bake, status in zip(bakes, statuses, strict=True)]


@dataclass(frozen=True)
class _Bake:
    """One bake: its files' places, below ``scratch``, go with that folder; its result is in ``folder``."""

    scratch: Path
    tree: Path
    answers: Mapping[str, str]
    folder: Path

    def arguments(self) -> list[str]:
        """Write what cookiecutter is to read, and return what `baker` is told."""
        self.folder.mkdir(parents=True)
        own = {"replay_dir": str(self.scratch), "cookiecutters_dir": str(self.scratch)}
        settings = self.scratch / f"{self.folder.name}.json"
        settings.write_text(json.dumps({**own, "default_context": dict(self.answers)}), encoding="utf-8")
        options = ["--no-input", "--config-file", str(settings), "-o", str(self.folder)]
        return [str(self.said), str(self.tree), *options]

    @property
    def said(self) -> Path:
        """The file of all that it printed."""
        return self.scratch / f"{self.folder.name}.said"


def _statuses(tree: Path, scratch: Path, bakes: list[list[str]]) -> list[int]:
    # The version's own package `template` comes before ours, and our folder of scripts is not a place to import from.
    variables = {**os.environ, "PYTHONPATH": str(tree), "TMPDIR": str(scratch)}
    command = [sys.executable, "-P", str(_BAKER)]
    done = subprocess.run(
        command, cwd=scratch, env=variables, input=json.dumps(bakes), capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout)


def _outcome(release: Release, bake: _Bake, status: int) -> Path | CannotTell:
    if not status:
        return next(path for path in bake.folder.iterdir() if path.is_dir())
    text = bake.said.read_text(encoding="utf-8", errors="replace")
    said = [line for line in text.splitlines() if line.strip()]
    return CannotTell(f"Version {release.version} cannot be baked with the answers: {' '.join(said[-3:])}")
