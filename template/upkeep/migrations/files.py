"""The text files of a repository that steps edit. Line ends and encoding remain as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ..owners import LOCK, is_record

_SKIPPED = {".git", ".venv", "node_modules"}
_BINARY = b"\0"


def texts(repository: Path) -> Iterator[tuple[Path, str]]:
    """Yield the path and the content of each text file, in the order of names.

    Symbolic links, binary files, the library's wheel, `.template.json` and `uv.lock` are left out.
    """
    for path in sorted(repository.rglob("*")):
        name = path.relative_to(repository)
        if _SKIPPED & set(name.parts) or name.as_posix() == LOCK or is_record(name.as_posix()):
            continue
        if not path.is_symlink() and path.is_file() and (content := text(path)) is not None:
            yield path, content


def text(path: Path) -> str | None:
    """Return a file's content; None if it is not UTF-8 text."""
    content = path.read_bytes()
    try:
        return None if _BINARY in content else content.decode()
    except UnicodeDecodeError:
        return None


def write(path: Path, content: str) -> None:
    """Write a file's content without any conversion of line ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode())


def edit(path: Path, changed: Callable[[str], str]) -> None:
    """Replace the content of a file, if it exists and changes."""
    if path.is_file() and (before := text(path)) is not None and (after := changed(before)) != before:
        write(path, after)
