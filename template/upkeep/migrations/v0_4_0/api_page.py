"""Generated pages: that of the HTTP API leaves the repository, and that of the lists needs a page of the team's name.

`context openapi` writes the former into `build/`, and `context contracts` the latter.
"""

from collections.abc import Iterator
from pathlib import Path

from ...owners import LISTS


def apply(repository: Path, template: Path) -> Iterator[str]:
    """Delete the page of the API in both folders. Yield a note if the team has a page of its own about lists."""
    for folder in (repository, template):
        (folder / "docs" / "api" / "index.html").unlink(missing_ok=True)
    if (repository / LISTS).exists() and not (template / LISTS).exists():
        yield f"{LISTS}: `context contracts` writes this page: move yours to another file, and resolve the conflict."
