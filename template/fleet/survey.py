"""The library's findings in repositories, by `context survey` in environments that are deleted afterwards."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..library import build, find_uv
from ..processes import Asked, Heed, heeding, running
from ..upkeep.errors import CannotTell
from .own_environment import OwnEnvironment

_SURVEY = """\
import sys
from bounded_context_cli.command import main

with open(sys.argv.pop(1), "w", encoding="utf-8") as sys.stdout:
    raise SystemExit(main())
"""
"""The console script `context`, whose standard output is the file of the first argument."""


_NEEDED = ("runtime", "infra", "cli", "operations", "platform")
"""The distributions that `context survey` needs."""


def survey(groups: Sequence[Sequence[Path]]) -> list[Mapping[str, Any]]:
    """Return the JSON output of the library's module `survey` for each folder. A group shares an environment.

    Raises:
        CannotTell: the library cannot be run; the message has the end of its error output.
    """
    try:
        with TemporaryDirectory(prefix="template-") as folder, heeding() as heed:
            wheels = [*build(Path(folder), _NEEDED).iterdir()]
            surveyed = partial(_surveyed, wheels, heed)
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                return list(chain.from_iterable(pool.map(surveyed, groups)))
    except Asked:
        raise KeyboardInterrupt from None


def _surveyed(wheels: Sequence[Path], heed: Heed, folders: Sequence[Path]) -> list[Mapping[str, Any]]:
    with TemporaryDirectory(prefix="template-", ignore_cleanup_errors=True) as name:
        scratch, output = Path(name), Path(name) / "survey.json"
        own = OwnEnvironment(scratch, scratch)
        empty, offline, online = (([find_uv(), *words], variables) for words, variables in own.library(wheels))
        command = [str(own.programs / "python"), "-c", _SURVEY, str(output), "survey"]
        surveying = [*command, *(str(folder.resolve()) for folder in folders)], own.variables
        run = partial(_status, scratch, heed)
        if run(*empty) or (run(*offline) and run(*online)) or run(*surveying):
            errors = (scratch / "log").read_text(encoding="utf-8", errors="replace").split()
            raise CannotTell(f"The library cannot read the repositories: {' '.join(errors[-40:])}")
        return json.loads(output.read_text(encoding="utf-8"))["repositories"]


def _status(scratch: Path, heed: Heed, command: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run a command, end all of its processes, and return its exit status."""
    with running(command, scratch, scratch / "log", variables) as child:
        heed.wait(lambda: child.poll() is not None)
        return child.returncode
