"""A version's bake of given answers, made by that version's own code in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from .errors import CannotTell
from .releases import Release


def bake_of(release: Release, tree: Path, answers: Mapping[str, str], folder: Path) -> Path:
    """Bake a version's files, which lie in ``tree``, into a new folder below ``folder``, and return that folder.

    Answers that the version does not ask for are left aside, and what it asks for beside them gets its defaults.

    Raises:
        CannotTell: the version refuses the answers; the message has its own words.
    """
    with TemporaryDirectory(prefix="template-") as scratch:
        settings = Path(scratch) / "settings.json"
        own = {"replay_dir": scratch, "cookiecutters_dir": scratch, "default_context": dict(answers)}
        settings.write_text(json.dumps(own), encoding="utf-8")
        command = ["-m", "cookiecutter", str(tree), "--no-input", "--config-file", str(settings), "-o", str(folder)]
        # The version's own package `template` comes before ours.
        variables = {**os.environ, "PYTHONPATH": str(tree), "TMPDIR": scratch}
        done = subprocess.run(
            [sys.executable, *command], cwd=scratch, env=variables, capture_output=True, text=True, check=False
        )
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise CannotTell(f"Version {release.version} cannot be baked with the answers: {' '.join(said[-3:])}")
    return next(path for path in folder.iterdir() if path.is_dir())
