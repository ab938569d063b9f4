"""The command ``template examples``: bakes the default answers into ``examples/payment/``, for reviews and linters."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from .bake import bake, files, ignored
from .library import FOLDER, vendor
from .names import REPOSITORY
from .processes import environment

EXAMPLE = REPOSITORY / "examples" / "payment"


def regenerate(target: Path = EXAMPLE) -> int:
    """Replace the template's files in ``target`` by a new bake, and return the number of files.

    Files that its ``.gitignore`` or the template's ignores (virtual environment, builds, caches, lock file) remain.
    """
    with TemporaryDirectory() as scratch:
        project = bake(Path(scratch))
        ignore = left_alone(project)
        for name in list(files(target, ignore)):
            (target / name).unlink()
        _remove_empty_folders(target)
        names = list(files(project, ignore))
        for name in names:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(project / name, target / name)
    return len(names)


def supply(target: Path = EXAMPLE) -> None:
    """Build the wheels of ``target``, which are not in git. Remove ``uv.lock`` if its hash of a wheel is outdated."""
    before = {path: path.read_bytes() for path in target.glob(f"{FOLDER}/*.whl")}
    if any(before.get(wheel) != wheel.read_bytes() for wheel in vendor(target)):
        (target / "uv.lock").unlink(missing_ok=True)


def draw(target: Path = EXAMPLE) -> None:
    """Write a picture and an overview of the example's recorded graph for ``prod`` to SVG files next to the example."""
    pictures = (target.with_suffix(".svg"), target.with_name("overview.svg"))
    command = [sys.executable, "-m", "bounded_context_lab.drawing", *map(str, pictures)]
    variables = {**environment(), "PYTHONPATH": str(target / "src")}
    subprocess.run(command, cwd=target, env=variables, check=True, stdout=subprocess.DEVNULL)


def left_alone(project: Path) -> tuple[str, ...]:
    """Return the patterns of files that no bake writes: the project's and the template's ``.gitignore``."""
    return (*ignored(project), *ignored(REPOSITORY))


def _remove_empty_folders(target: Path) -> None:
    for folder in sorted((path for path in target.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
