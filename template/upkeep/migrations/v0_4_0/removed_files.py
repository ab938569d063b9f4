"""Files that the library or another file replaces: they leave the repository if the team did not change them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from .handler_modules import unchanged

NOTES: Mapping[str, str] = {
    "tests/test_promises.py": (
        "you changed it, so it stays, and tests the promises. If you delete it, the library's pytest plugin tests all "
        "promises. `uv run context docs changing the-promises` shows how to leave out a promise."
    ),
    "tests/test_stack.py": (
        "you changed it, so it stays. A promise now checks the functions and queues of each stack: delete the tests of "
        "these."
    ),
    ".github/workflows/sweep.yml": (
        "you changed it, so it stays. The job `sweep` of preview.yml now does the same: move your change there, and "
        "delete this file."
    ),
}
"""The files, and the note on each that the team changed."""


def apply(repository: Path, template: Path) -> Iterator[str]:
    """Delete the unchanged files in both folders. Yield a note for each changed file."""
    for name, note in NOTES.items():
        path = repository / name
        if unchanged(repository, template, path):
            path.unlink()
        elif path.is_file():
            yield f"{name}: {note}"
