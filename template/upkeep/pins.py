"""The library's version in `pyproject.toml`, in lines that the team also edits."""

from __future__ import annotations

import re
from dataclasses import dataclass

PINNED = "pyproject.toml"


@dataclass(frozen=True)
class Pins:
    """A change of the library's version."""

    before: str
    after: str

    def moved(self, content: bytes) -> bytes:
        """Return ``pyproject.toml`` with the new version in the requirement and the source."""
        before, after = re.escape(self.before.encode()), self.after.encode()
        requirement = rb"(bounded-context(?:\[[^\]]*\])?==)" + before + rb"(?=[\"';, ])"
        wheel = rb"(bounded_context-)" + before + rb"(?=-py3)"
        tag = rb"(bounded-context = \{[^}]*tag = \"v)" + before + rb"(?=\")"
        for pattern in (requirement, wheel, tag):
            content = re.sub(pattern, rb"\g<1>" + after, content)
        return content
