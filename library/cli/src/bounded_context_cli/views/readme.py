"""Diagrams in a repository's README, as blocks of Mermaid."""

import re
from pathlib import Path
from typing import Final

from ..command.output import update_file

NAME: Final = "README.md"


def with_diagram(root: Path, lines: str) -> str:
    """Return the README's text with a diagram in place of its earlier version, or else at the end.

    `lines` are the diagram without the fence. The first two, its type and its title, identify the diagram.
    """
    path = root / NAME
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    block = f"```mermaid\n{lines}```\n"
    earlier = re.escape("\n".join(block.splitlines()[:3])) + r"\n(?s:.*?)^```\n"
    new_text, count = re.subn(earlier, lambda _: block, text, count=1, flags=re.MULTILINE)
    return new_text if count else f"{text}\n{block}"


def draw(root: Path, lines: str) -> bool:
    """Write a diagram into the README. Return whether the README changed."""
    return update_file(root / NAME, with_diagram(root, lines))
