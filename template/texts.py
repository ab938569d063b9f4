"""Checks of texts in any language: one line, plain words. Standard library only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

SIGNS = ("''", '"', "\\", "`", "<", ">", "{", "}", "[", "]", "$", "|")
"""Signs that end a string or start markup in Python, TOML, YAML or Markdown."""

_JOINER = "\u200c\u200d"
_JOINED = re.compile(
    rf"(?<=[^\s{_JOINER}])[{_JOINER}](?=[^\s{_JOINER}])"
    "|(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
)
"""Invisible signs where a text needs them: joiners of Persian, Indic scripts and emoji, and the tags of a flag."""


def one_line(text: str) -> bool:
    """Whether a text has neither line breaks nor other invisible characters."""
    return _JOINED.sub("", text).isprintable()


def faults(text: str) -> Iterator[str]:
    """Yield each fault of a text as the end of the sentence "type plain words ..."."""
    if not text[0].isalnum() and unicodedata.category(text[0]) != "So":
        yield "that start with a letter, a digit or an emoji"
    if found := [sign for sign in SIGNS if sign in text]:
        yield f"without {' '.join(found)}"
