"""Plays the scenario in a process of its own, whose sources are the newer version's."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from template.names import REPOSITORY

from .repositories import newer, older


def played(folder: Path, payments: int, lists: int) -> dict[str, Any]:
    """Return what happened; see `scenario`.

    Args:
        folder: where both repositories are made.
        payments: so many are registered in each of the acts.
        lists: so many are sent in all.

    Raises:
        subprocess.CalledProcessError: it could not be played; its standard error says why.
    """
    before = older(folder / "older")
    after = newer(before, folder / "newer")
    result = subprocess.run(
        [sys.executable, "-m", "tests.two_versions.scenario", str(before), str(payments), str(lists)],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            "PYTHONPATH": f"{after / 'src'}:{REPOSITORY}",
            "BOUNDED_CONTEXT_PROJECT": str(after),
        },
        cwd=after,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)
