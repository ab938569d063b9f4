"""What the library finds in repositories: `python -m bounded_context.survey`, in an environment that can run it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..library import SOURCES, find_uv
from ..processes import environment
from ..upkeep.errors import CannotTell

Told = Mapping[str, Any]


def survey(folders: Sequence[Path]) -> list[Told]:
    """Return what the library finds in each folder, as its module `survey` tells it.

    Raises:
        CannotTell: the library cannot be run; the message has its last words.
    """
    command = [*_python(), "-m", "bounded_context.survey", *map(str, folders)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotTell(f"The library cannot read the repositories: {' '.join(done.stderr.split()[-40:])}")
    return json.loads(done.stdout)["repositories"]


def _python() -> list[str]:
    """Return the Python that has the library and Pulumi: our own in a clone, else one that uv makes."""
    if find_spec("bounded_context") and find_spec("pulumi_aws"):
        return [sys.executable]
    packages = f"bounded-context[infra] @ {SOURCES.as_uri()}"
    return [find_uv(), "run", "--quiet", "--no-project", "--with", packages, "python"]
