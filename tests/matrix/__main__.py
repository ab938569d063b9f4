"""Bakes answers in which every pair of values that may occur does, and runs each repository's own check.

    uv run python -m tests.matrix          every row: minutes; for each night
    uv run python -m tests.matrix 3 14     these rows alone

It prints how long each row took, and all of them; the exit status is 1 if a check failed. All repositories need the
same packages, so they share one environment.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from template.bake import bake
from template.processes import environment

from .pairs import rows
from .values import NEVER, VALUES, answers_of

_AT_ONCE = max(1, (os.cpu_count() or 1) // 2)  # each check has tests that run on all processors


def shared(folder: Path) -> Path:
    """Make the environment of all repositories, without any repository in it, and return it."""
    project, packages = bake(folder), folder / "environment"
    variables = environment() | {"UV_PROJECT_ENVIRONMENT": str(packages)}
    subprocess.run(["uv", "sync", "--quiet", "--no-install-project"], cwd=project, env=variables, check=True)
    return packages


def checked(project: Path, packages: Path) -> subprocess.CompletedProcess[str]:
    """Run a repository's own check on these packages."""
    paths = os.pathsep.join([str(project / "src"), str(project)])
    ours = {"UV_PROJECT_ENVIRONMENT": str(packages), "UV_NO_SYNC": "1", "PYTHONPATH": paths}
    command = ["uv", "run", "--quiet", "context", "check"]
    return subprocess.run(command, cwd=project, env=environment() | ours, capture_output=True, text=True, check=False)


def run(number: int, row: dict[str, str], folder: Path, packages: Path) -> bool:
    """Bake a row and check it; print its time, and what is wrong with it. Return whether nothing is."""
    began = monotonic()
    check = checked(bake(folder / str(number), answers_of(row)), packages)
    print(f"row {number}: {'passed' if check.returncode == 0 else 'FAILED'} in {monotonic() - began:.0f} s", flush=True)
    if check.returncode != 0:
        print(
            json.dumps(answers_of(row), ensure_ascii=False, indent=2), check.stdout, check.stderr, sep="\n", flush=True
        )
    return check.returncode == 0


def main(arguments: Sequence[str]) -> int:
    """Check the rows of these numbers, or all; return the exit status."""
    began, every = monotonic(), list(rows(VALUES, NEVER))
    numbers = [int(argument) for argument in arguments] or range(len(every))
    with TemporaryDirectory() as scratch, ThreadPoolExecutor(_AT_ONCE) as pool:
        packages = shared(Path(scratch))
        passed = list(pool.map(lambda number: run(number, every[number], Path(scratch), packages), numbers))
    print(f"{sum(passed)} of {len(passed)} rows passed in {monotonic() - began:.0f} s")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
