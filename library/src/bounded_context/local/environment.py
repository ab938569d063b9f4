"""The emulator's own virtual environment: bare, hash-pinned, made once and kept in a repository's `build/`."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .errors import LocalRunError

REQUIREMENTS = Path(__file__).parents[1] / "data" / "emulator.txt"


def emulator_python(build: Path) -> Path:
    """Return the interpreter of the emulator's environment below `build`, and make that when there is none.

    Functions run under this interpreter and see its packages, so it holds the emulator and nothing else. The folder's
    name is the hash of the pins and of the interpreter: other pins are another environment.

    Raises:
        LocalRunError: `uv` is not on the PATH, or it could not install the pins.
    """
    home = build / f"emulator-{_fingerprint()}"
    if not home.exists():
        build.mkdir(parents=True, exist_ok=True)
        _make(home)
    return home / "bin" / "python"


def _fingerprint() -> str:
    return hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]


def _make(home: Path) -> None:
    """Make it elsewhere and rename it, so that what exists is always complete, whoever else makes it meanwhile."""
    draft = Path(tempfile.mkdtemp(prefix=".emulator-", dir=home.parent))
    try:
        _uv("venv", "--quiet", "--relocatable", "--allow-existing", "--python", sys.executable, str(draft))
        _uv("pip", "install", "--quiet", "--python", str(draft), "--require-hashes", "-r", str(REQUIREMENTS))
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
    # Not in the project's folder: uv would add the project's own constraints to the emulator's pins.
    elsewhere = tempfile.gettempdir()
    done = subprocess.run([executable, *arguments], cwd=elsewhere, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise LocalRunError(
            f"uv {arguments[0]} failed while it made the emulator's environment:\n{done.stderr.strip()}"
        )
