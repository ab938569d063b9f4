"""The files of a repository's HEAD in a temporary folder, exactly as git stores them, for edits before a merge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .git import Git

_REGULAR = ("100644", "100755")


class Checkout:
    """The regular files of HEAD, in ``folder``. Symbolic links and submodules are left out."""

    def __init__(self, repository: Git, folder: Path) -> None:
        self.folder = folder
        self._modes: dict[str, str] = {}
        self._contents: dict[str, bytes] = {}
        folder.mkdir(parents=True)
        entries = [_entry(record) for record in repository.records("ls-tree", "-r", "-z", "HEAD")]
        regular = [(path, mode, name) for path, mode, name in entries if mode in _REGULAR]
        contents = _contents(repository, [name for _, _, name in regular])
        for (path, mode, _), content in zip(regular, contents, strict=True):
            self._modes[path], self._contents[path] = mode, content
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)

    def changes(self) -> Iterator[tuple[str, bytes | None]]:
        """Yield the path and the content of each edited or new file; None for a removed file."""
        paths = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()}
        for path in sorted(paths | set(self._contents)):
            content = (self.folder / path).read_bytes() if path in paths else None
            if content != self._contents.get(path):
                yield path, content

    def mode(self, path: str) -> str:
        """Return git's mode of a file; a new file is not executable."""
        return self._modes.get(path, _REGULAR[0])


def _entry(record: str) -> tuple[str, str, str]:
    about, _, path = record.partition("\t")
    mode, _, name = about.split()
    return path, mode, name


def _contents(repository: Git, names: list[str]) -> Iterator[bytes]:
    """Yield the content of each object."""
    found = repository.run("cat-file", "--batch", given="".join(f"{name}\n" for name in names).encode()).stdout
    start = 0
    for _ in names:
        line = found.index(b"\n", start)
        size = int(found[start:line].split()[2])
        yield found[line + 1 : line + 1 + size]
        start = line + size + 2
