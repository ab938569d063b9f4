"""Start of the emulator with its extensions, by the interpreter of the emulator's environment: `python -P launcher.py`.

The patches of `upstream/` change the emulator's modules in memory, when they are imported. Each patch names the digest
of the file before and after, so another version of the emulator ends at its start, with the patch's name.
"""

import hashlib
import re
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType

PATCHES = sorted((Path(__file__).parent / "upstream").glob("*.patch"))
LIBRARY = Path(__file__).parents[3]

_FILE = re.compile(r"^diff --git a/(ministack/\S+)\.py .*\nindex (\w+)\.\.(\w+) .*\n.*\n.*\n((?:[@ +-].*\n)+?)(?=diff |\Z)", re.M)
_HUNK = re.compile(r"^@@ -(\d+).*\n((?:[ +-].*\n)+)", re.M)


def patched(site: Path) -> dict[str, bytes]:
    """Return the patched source of each changed module, by the module's name; `site` contains the package.

    Raises:
        SystemExit: a file differs from the file that a patch changes.
    """
    sources = dict[str, bytes]()
    for patch in PATCHES:
        for path, before, after, hunks in _FILE.findall(patch.read_text(encoding="utf-8")):
            name = path.replace("/", ".")
            source = sources.get(name) or (site / f"{path}.py").read_bytes()
            sources[name] = _applied(source, hunks)
            if not (_blob(source).startswith(before) and _blob(sources[name]).startswith(after)):
                raise SystemExit(f"{patch.name} does not fit {path}.py of this MiniStack: renew the patch or the pin.")
    return sources


def _applied(source: bytes, hunks: str) -> bytes:
    lines, moved = source.decode().splitlines(keepends=True), 0
    for first, hunk in _HUNK.findall(hunks):
        before, after = ([line[1:] for line in hunk.splitlines(keepends=True) if line[0] in kind] for kind in (" -", " +"))
        start = int(first) - 1 + moved
        lines[start : start + len(before)] = after
        moved += len(after) - len(before)
    return "".join(lines).encode()


def _blob(content: bytes) -> str:
    """Return the digest of a file's content in git."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class _Loader(SourceFileLoader):
    """A loader of a patched source. The size in its statistics keeps its byte code apart from the original's."""

    source = b""

    def get_data(self, path: str) -> bytes:
        return self.source if path == self.path else super().get_data(path)

    def path_stats(self, path: str) -> dict[str, float]:
        return {**super().path_stats(path), "size": len(self.source)}


class Patches:
    """The finder of the patched modules."""

    def __init__(self, sources: dict[str, bytes]) -> None:
        self._sources = sources

    def find_spec(self, name: str, path: object = None, _target: object = None) -> ModuleSpec | None:
        """Return the specification of a patched module, and None for other modules."""
        spec = PathFinder.find_spec(name, path) if name in self._sources else None
        if spec:
            spec.loader = _Loader(name, spec.origin)
            spec.loader.source = self._sources[name]
        return spec


def main() -> None:
    """Apply the patches, register the extensions, and run the emulator until it ends."""
    site = Path(PathFinder.find_spec("ministack").origin).parents[1]
    sys.meta_path.insert(0, Patches(patched(site)))
    from ministack.app import main as run

    run()


if __name__ == "__main__":
    main()
