"""GitHub's workflows: the library writes an unedited file, and the team owns an edited file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ....alone import alone
from ..files import edit, text


def apply(repository: Path, template: Path) -> Iterator[str]:
    """Write the first line by which `context add` recognises its files into each unedited file."""
    optional = alone("cli", "optional.files")
    for name in optional.FILES[optional.GITHUB]:
        path, baked = repository / name, template / name
        if path.is_file() and baked.is_file() and text(path) == text(baked):
            edit(path, lambda content: content if content.startswith(optional.OWNED) else optional.OWNED + content)
    return iter(())
