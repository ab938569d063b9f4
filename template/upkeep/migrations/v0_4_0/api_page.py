"""The page of the HTTP API leaves the repository. `context openapi` writes it into `build/`."""

from collections.abc import Iterator
from pathlib import Path


def apply(repository: Path, template: Path) -> Iterator[str]:
    """Delete the page in both folders."""
    for folder in (repository, template):
        (folder / "docs" / "api" / "index.html").unlink(missing_ok=True)
    return iter(())
