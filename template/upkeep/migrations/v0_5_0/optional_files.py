"""Files that a new repository does not have, or gets by `context add`: a repository that has them keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

FILES = (
    ".devcontainer/devcontainer.json",
    ".pre-commit-config.yaml",
    ".vscode/launch.json",
    "docs/events.md",
    "docs/operations.md",
    "renovate.json",
)
"""Optional files, and two pages that the library has too."""


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Remove the files from the old bake: the merge then keeps those of the team."""
    for name in FILES:
        (repository / name).unlink(missing_ok=True)
    return iter(())
