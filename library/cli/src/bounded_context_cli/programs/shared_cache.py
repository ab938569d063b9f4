"""A file cache for expensive values, under the digest of their inputs: processes and runs can share it."""

import fcntl
import hashlib
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

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
