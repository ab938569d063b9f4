"""Separate virtual environments with hash-pinned packages, created once in a repository's `build/`."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Final

from ..command.output import LocalRunError

LAYER: Final = Path(str(files("bounded_context"))) / "data" / "layer.txt"


def environment(build: Path, pins: Path) -> Path:
    """Return the folder of an environment below `build`, and create the environment if needed.

    The folder's name contains a hash of the pins and of the interpreter, so other pins give another environment.

    Args:
        build: the parent folder, which is created if needed.
        pins: the file that pins the packages. The environment has its name.

    Raises:
        LocalRunError: `uv` is not on the PATH, or it could not install the pins.
    """
    home = build / f"{pins.stem}-{_fingerprint(pins)}"
    if not home.exists():
        build.mkdir(parents=True, exist_ok=True)
        _make(home, pins)
    return home


def _fingerprint(pins: Path) -> str:
    return hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:12]


def _make(home: Path, pins: Path) -> None:
    """Create the environment in a draft folder and rename it: an existing folder is complete, also in parallel runs."""
    draft = Path(tempfile.mkdtemp(prefix=f".{pins.stem}-", dir=home.parent))
    try:
        _uv("venv", "--quiet", "--relocatable", "--allow-existing", "--python", sys.executable, str(draft))
        _uv("pip", "install", "--quiet", "--python", str(draft), "--require-hashes", "-r", str(pins))
        draft.rename(home)
    except OSError:
        if not home.exists():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _uv(*arguments: str) -> None:
    executable = shutil.which("uv")
    if executable is None:
        raise LocalRunError("uv is not on the PATH. Install it (https://docs.astral.sh/uv), then run this again.")
    # Not in the project's folder: uv would add the project's own constraints to these pins.
    elsewhere = tempfile.gettempdir()
    process = subprocess.run([executable, *arguments], cwd=elsewhere, capture_output=True, text=True, check=False)  # noqa: S603
    if process.returncode:
        raise LocalRunError(f"uv {arguments[0]} failed while it made an environment:\n{process.stderr.strip()}")
