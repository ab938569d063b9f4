"""The library's version in `pyproject.toml`, in lines that the team also edits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..library import DISTRIBUTIONS, NAME

PINNED = "pyproject.toml"

_OTHERS = "|".join(name.removeprefix(f"{NAME}-") for name in DISTRIBUTIONS if name != NAME)
_NAME = rb"(?<![\w.-])(?i:%s(?:[-_.]+(?:%s))?)" % (re.sub(r"[-_.]+", "[-_.]+", NAME).encode(), _OTHERS.encode())
"""The names of the library's distributions in each spelling that PEP 503 permits."""

_REQUIREMENT = _NAME + rb"\s*(?:\[[^\]]*\]\s*)?\(?\s*={2,3}\s*"
_TAG = _NAME + rb"[\"']?\s*(?:=\s*\{[^}]*|\][^\[]*)\btag\s*=\s*[\"']v"
"""A source of uv, as an inline table or as a table."""

_WHEEL = _NAME + rb"-"


def is_of_library(distribution: str) -> bool:
    """Whether a distribution is of the library, in any spelling of its name."""
    return re.fullmatch(_NAME, distribution.encode()) is not None


def pinned(requirement: str) -> str | None:
    """Return the version that a requirement pins; None if it does not pin the library."""
    match = re.match(_REQUIREMENT + rb"([^\s;,)]+)", requirement.encode())
    return match[1].decode() if match else None


@dataclass(frozen=True)
class Pins:
    """A change of the library's version."""

    before: str
    after: str

    def moved(self, content: bytes) -> bytes:
        """Return ``pyproject.toml`` with the new version in the requirements and the source."""
        before, after = re.escape(self.before.encode()), self.after.encode()
        for place, end in ((_REQUIREMENT, rb"[\"';,)\s]"), (_WHEEL, rb"-py3"), (_TAG, rb"[\"']")):
            content = re.sub(rb"(" + place + rb")" + before + rb"(?=" + end + rb")", rb"\g<1>" + after, content)
        return content
