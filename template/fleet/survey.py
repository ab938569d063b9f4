"""What the library finds in repositories: `python -m bounded_context.survey`, in an environment that can run it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..library import python
from ..processes import environment
from ..upkeep.errors import CannotTell

Told = Mapping[str, Any]


def survey(folders: Sequence[Path]) -> list[Told]:
    """Return what the library finds in each folder, as its module `survey` tells it.

    Raises:
        CannotTell: the library cannot be run; the message has its last words.
    """
    command = [*python(), "-m", "bounded_context.survey", *map(str, folders)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotTell(f"The library cannot read the repositories: {' '.join(done.stderr.split()[-40:])}")
    return json.loads(done.stdout)["repositories"]
