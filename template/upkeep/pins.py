"""The library's version where a repository names it: on lines that a team writes on, too."""

from __future__ import annotations

import re
from dataclasses import dataclass

PINNED = "pyproject.toml"


@dataclass(frozen=True)
class Pins:
    """The way from one version of the library to another."""

    before: str
    after: str

    def moved(self, content: bytes) -> bytes:
        """Return a ``pyproject.toml`` in which requirement and source name the new version; others stay as they are."""
        before, after = re.escape(self.before.encode()), self.after.encode()
        requirement = rb"(bounded-context(?:\[[^\]]*\])?==)" + before + rb"(?=[\"';, ])"
        wheel = rb"(bounded_context-)" + before + rb"(?=-py3)"
        tag = rb"(bounded-context = \{[^}]*tag = \"v)" + before + rb"(?=\")"
        for pattern in (requirement, wheel, tag):
            content = re.sub(pattern, rb"\g<1>" + after, content)
        return content
