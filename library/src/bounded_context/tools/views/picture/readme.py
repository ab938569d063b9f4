"""Place the picture in the repository's README, as a block of mermaid."""

import re
from pathlib import Path
from typing import Final

from .mermaid import flowchart
from .model import Picture

NAME: Final = "README.md"
_OPENING: Final = "```mermaid\n"


def drawn(picture: Picture, root: Path) -> str:
    """Return the README's text with the picture in its place, or at the end if the README has no picture yet."""
    path = root / NAME
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    made = f"{_OPENING}{flowchart(picture)}```\n"
    block = re.escape("\n".join(made.splitlines()[:3])) + r"\n(?s:.*?)^```\n"
    found, count = re.subn(block, lambda _: made, text, count=1, flags=re.MULTILINE)
    return found if count else f"{text}\n{made}"


def draw(picture: Picture, root: Path) -> bool:
    """Write the README with the picture. Return whether the file changed."""
    path, text = root / NAME, drawn(picture, root)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8")
    return True
