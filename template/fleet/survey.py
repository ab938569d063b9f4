"""The library's findings in repositories, by `context survey` in its own environment."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..alone import alone
from ..library import context
from ..upkeep.errors import CannotTell


def survey(folders: Sequence[Path]) -> list[Mapping[str, Any]]:
    """Return the JSON output of the library's module `survey` for each folder.

    Raises:
        CannotTell: the library cannot be run; the message has the end of its error output.
    """
    command = [*context(), "survey", *map(str, folders)]
    variables = alone("agent.environment").allowed(os.environ)
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotTell(f"The library cannot read the repositories: {' '.join(done.stderr.split()[-40:])}")
    return json.loads(done.stdout)["repositories"]
