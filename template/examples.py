"""``template examples``: bake the default answers into ``examples/payment/``, which reviewers and linters read."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from .bake import bake, files, ignored
from .library import FOLDER, python, vendor
from .names import REPOSITORY
from .processes import environment

EXAMPLE = REPOSITORY / "examples" / "payment"


def regenerate(target: Path = EXAMPLE) -> int:
    """Replace what the template wrote into ``target`` by a new bake and return its number of files.

    What its ``.gitignore`` or ours names (the virtual environment, builds, caches, a lock file) stays.
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
    """Build the wheel for ``target``, which git does not keep; a lock that has the hash of another one goes."""
    before = {path: path.read_bytes() for path in target.glob(f"{FOLDER}/*.whl")}
    wheel = vendor(target)
    if before.get(wheel) != wheel.read_bytes():
        (target / "uv.lock").unlink(missing_ok=True)


def draw(target: Path = EXAMPLE) -> None:
    """Draw the example's production into a file beside it, of what its program registers."""
    command = [*python(), "-m", "bounded_context.picture", "--svg", "--output", str(target.with_suffix(".svg"))]
    variables = {**environment(), "PYTHONPATH": str(target / "src")}
    subprocess.run(command, cwd=target, env=variables, check=True, stdout=subprocess.DEVNULL)


def left_alone(project: Path) -> tuple[str, ...]:
    """Return the patterns of what no bake owns: what the project ignores, and what we do."""
    return (*ignored(project), *ignored(REPOSITORY))


def _remove_empty_folders(target: Path) -> None:
    for folder in sorted((path for path in target.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
