"""Virtual environments for what lives apart: bare, hash-pinned, made once and kept in a repository's `build/`."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from .errors import LocalRunError

_DATA: Final = Path(__file__).parents[1] / "data"


def emulator_python(build: Path) -> Path:
    """Return the interpreter of the emulator's environment below `build`, as `environment` makes it.

    Functions run under this interpreter and see its packages, so it holds the emulator and nothing else.

    Raises:
        LocalRunError: as environment.
    """
    return environment(build, "emulator") / "bin" / "python"


def environment(build: Path, name: str) -> Path:
    """Return the folder of an environment below `build`, and make that when there is none.

    The folder's name is the hash of the pins and of the interpreter: other pins are another environment.

    Args:
        build: where it is kept; it is made.
        name: of the file in `data/` that pins its packages.

    Raises:
        LocalRunError: `uv` is not on the PATH, or it could not install the pins.
    """
    pins = _DATA / f"{name}.txt"
    home = build / f"{name}-{_fingerprint(pins)}"
    if not home.exists():
        build.mkdir(parents=True, exist_ok=True)
        _make(home, pins)
    return home


def _fingerprint(pins: Path) -> str:
    return hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:12]


def _make(home: Path, pins: Path) -> None:
    """Make it elsewhere and rename it, so that what exists is always complete, whoever else makes it meanwhile."""
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
    done = subprocess.run([executable, *arguments], cwd=elsewhere, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise LocalRunError(f"uv {arguments[0]} failed while it made an environment:\n{done.stderr.strip()}")
