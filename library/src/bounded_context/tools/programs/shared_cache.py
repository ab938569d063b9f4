"""A file cache for expensive values that all processes of a test run share."""

import hashlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Made = TypeVar("Made")

FOLDER = "BOUNDED_CONTEXT_KEPT"
"""The environment variable with the cache folder of this test run. Without it, values are not cached."""


def kept(name: str, make: Callable[[], Made]) -> Made:
    """Return the cached value of this name, or make and cache it. Parallel processes may each make it."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return make()
    file = Path(folder) / f"{hashlib.sha256(name.encode()).hexdigest()}.kept"
    if not file.exists():
        _write(file, make())
    return pickle.loads(file.read_bytes())  # noqa: S301 (this run wrote it)


def _write(file: Path, made: object) -> None:
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_bytes(pickle.dumps(made))
    draft.replace(file)
