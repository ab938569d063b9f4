"""What is costly to make and the same for the tests on all processors: made once in a run of them, kept in a file."""

import hashlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Made = TypeVar("Made")

FOLDER = "BOUNDED_CONTEXT_KEPT"
"""The environment's variable that names the folder of this run; without it nothing is kept."""


def kept(name: str, make: Callable[[], Made]) -> Made:
    """What was made under this name by whichever process came first."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return make()
    file = Path(folder) / f"{hashlib.sha256(name.encode()).hexdigest()}.kept"
    if not file.exists():
        _write(file, make())
    return pickle.loads(file.read_bytes())  # noqa: S301 (this run wrote it)


def _write(file: Path, made: object) -> None:
    part = file.with_suffix(f".{os.getpid()}")
    part.write_bytes(pickle.dumps(made))
    part.replace(file)
