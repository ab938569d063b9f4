"""The files of a repository's commit in a temporary folder, for edits before a merge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .git import Git

_REGULAR = ("100644", "100755")


class Checkout:
    """The regular files of a commit, in ``folder``. Symbolic links and submodules are left out.

    Files with CRLF have LF there, like the bakes, and get CRLF again in the changes.
    """

    def __init__(self, repository: Git, folder: Path, commit: str = "HEAD") -> None:
        self.folder = folder
        self._modes: dict[str, str] = {}
        self._contents: dict[str, bytes] = {}
        folder.mkdir(parents=True)
        entries = [_entry(record) for record in repository.records("ls-tree", "-r", "-z", commit)]
        regular = [(path, mode, name) for path, mode, name in entries if mode in _REGULAR]
        contents = _contents(repository, [name for _, _, name in regular])
        for (path, mode, _), content in zip(regular, contents, strict=True):
            self._modes[path], self._contents[path] = mode, content
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(with_lf(content) if is_crlf(content) else content)

    def changes(self) -> Iterator[tuple[str, bytes | None]]:
        """Yield the path and the content of each edited or new file; None for a removed file."""
        paths = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()}
        for path in sorted(paths | set(self._contents)):
            content, stored = (self.folder / path).read_bytes() if path in paths else None, self._contents.get(path)
            if content is not None and stored is not None and is_crlf(stored):
                content = with_crlf(content)
            if content != stored:
                yield path, content

    def mode(self, path: str) -> str:
        """Return git's mode of a file; a new file is not executable."""
        return self._modes.get(path, _REGULAR[0])


def is_crlf(content: bytes) -> bool:
    """Whether a content is text, and all its lines end with CRLF."""
    return b"\0" not in content and 0 < content.count(b"\n") == content.count(b"\r\n")


def with_lf(content: bytes) -> bytes:
    """Return a text with LF at the end of each line."""
    return content.replace(b"\r\n", b"\n")


def with_crlf(content: bytes) -> bytes:
    """Return a text with CRLF at the end of each line."""
    return with_lf(content).replace(b"\n", b"\r\n")


def _entry(record: str) -> tuple[str, str, str]:
    about, _, path = record.partition("\t")
    mode, _, name = about.split()
    return path, mode, name


def _contents(repository: Git, names: list[str]) -> Iterator[bytes]:
    """Yield the content of each object."""
    output = repository.run("cat-file", "--batch", stdin="".join(f"{name}\n" for name in names).encode()).stdout
    start = 0
    for _ in names:
        line = output.index(b"\n", start)
        size = int(output[start:line].split()[2])
        yield output[line + 1 : line + 1 + size]
        start = line + size + 2
