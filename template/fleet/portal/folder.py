"""The folder of a portal: its files are replaced as a whole, and other files are never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from ...upkeep.errors import CannotTell

MANIFEST: Final = ".portal.json"
"""The file with the paths of the portal's files."""


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write a portal's files, and delete its earlier files that are not among them.

    An interrupted call leaves whole files, all of which the next call owns.

    Raises:
        CannotTell: the folder has other content, or a path leads out of the folder. No file is written then.
        OSError: a file cannot be written.
    """
    earlier = _earlier(folder)
    for path in sorted({*files, *earlier}):
        _check(folder, path, is_own=path in earlier)
    _replace(folder / MANIFEST, json.dumps(sorted({*files, *earlier}), indent=0))
    for path, text in files.items():
        _replace(folder / path, text)
    for path in sorted(earlier - files.keys(), reverse=True):
        (folder / path).unlink(missing_ok=True)
        _remove_empty(folder, (folder / path).parent)
    _replace(folder / MANIFEST, json.dumps(sorted(files), indent=0))


def _earlier(folder: Path) -> set[str]:
    """Return the paths of the portal that the folder contains. Raises CannotTell if it contains anything else."""
    manifest, fault = folder / MANIFEST, f"{folder} is not a portal of this command"
    if not manifest.is_file():
        if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
            raise CannotTell(f"{fault}: name a new or an empty folder.")
        return set()
    try:
        paths = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CannotTell(f"{manifest} cannot be read: {error}: delete the folder, or name another.") from None
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise CannotTell(f"{manifest} is no list of paths: delete the folder, or name another.")
    return set(paths)


def _check(folder: Path, path: str, *, is_own: bool) -> None:
    """Raise CannotTell if a path leads out of the folder, or is a file that the portal does not own."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts:
        raise CannotTell(f"{folder}: {path} leads out of the folder: delete the folder, or name another.")
    parents = [folder.joinpath(*parts[:end]) for end in range(1, len(parts) + 1)]
    for parent in parents:
        if parent.is_symlink() or (parent != parents[-1] and parent.exists() and not parent.is_dir()):
            raise CannotTell(f"{parent} is no folder of the portal: remove it, or name another folder.")
    if parents[-1].is_dir() or (parents[-1].exists() and not is_own):
        raise CannotTell(f"{parents[-1]} is not of the portal: move it, or name another folder.")


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    try:
        new.write_text(text, encoding="utf-8", errors="replace")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _remove_empty(folder: Path, parent: Path) -> None:
    while parent != folder and not any(parent.iterdir()):
        parent.rmdir()
        parent = parent.parent
