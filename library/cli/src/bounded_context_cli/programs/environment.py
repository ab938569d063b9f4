"""Environments and values that are made once: virtual environments with pinned packages, and a file cache."""

import fcntl
import hashlib
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeVar

from ..command.errors import LocalRunError


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


LAYER: Final = Path(str(files("bounded_context"))) / "data" / "layer.txt"


Value = TypeVar("Value")

FOLDER = "BOUNDED_CONTEXT_KEPT"
"""The environment variable with the cache's folder. Without it, values are not cached."""

_CHECKSUM = hashlib.sha256().digest_size


def cached(name: str, make: Callable[[], Value], *inputs: Path) -> Value:
    """Return the cached value of this name and these inputs, or make and cache it. A corrupt value is made again.

    A process waits while another one makes the same value.

    Args:
        name: everything on which the value depends, besides the inputs.
        make: computes the value, which pickle must be able to store.
        inputs: the files that `make` reads, and folders of such files.
    """
    folder = os.environ.get(FOLDER)
    if not folder:
        return make()
    file = Path(folder) / f"{digest(name, *inputs)}.kept"
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return _read(file)
        except (OSError, ValueError):
            _write(file, make())
            return _read(file)


def digest(name: str, *inputs: Path) -> str:
    """Return the SHA-256 of a name and of the files in the inputs: their paths below each input, and their content."""
    whole = hashlib.sha256(name.encode())
    for number, source in enumerate(inputs):
        for file in sorted(_files(source)):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            whole.update(f"\n{number} {file.relative_to(source)} {content}".encode())
    return whole.hexdigest()


def _files(source: Path) -> Iterator[Path]:
    if source.is_file():
        yield source
    for folder, folders, names in os.walk(source):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (Path(folder, name) for name in names)


def _read(file: Path) -> Any:
    """Return a stored value. Raises OSError if there is none, and ValueError if it is not as it was written."""
    content = file.read_bytes()
    if hashlib.sha256(content[_CHECKSUM:]).digest() != content[:_CHECKSUM]:
        raise ValueError(file)
    return pickle.loads(content[_CHECKSUM:])  # noqa: S301 (the checksum is that of a value which this cache wrote)


def _write(file: Path, value: object) -> None:
    content = pickle.dumps(value)
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_bytes(hashlib.sha256(content).digest() + content)
    draft.replace(file)
