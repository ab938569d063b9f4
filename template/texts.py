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


def first_unseen(text: str) -> int:
    """Return the place of the first line break or other invisible character, from 1; 0 for a text without one."""
    visible_text = _JOINED.sub(lambda joined: "x" * len(joined[0]), text)
    return next((place for place, sign in enumerate(visible_text, start=1) if not sign.isprintable()), 0)


def first_foreign(text: str) -> int:
    """Return the place of the first character outside of ASCII, from 1; 0 for a text without one."""
    return next((place for place, sign in enumerate(text, start=1) if not sign.isascii()), 0)


def character(sign: str) -> str:
    """Return the code point and the Unicode name of a character: ``U+00A0 NO-BREAK SPACE``."""
    return f"U+{ord(sign):04X} {unicodedata.name(sign, 'without a name')}"


def faults(text: str) -> Iterator[str]:
    """Yield each fault of a text as the end of the sentence "type plain words ..."."""
    if not text[0].isalnum() and unicodedata.category(text[0]) != "So":
        yield "that start with a letter, a digit or an emoji"
    if bad_signs := [sign for sign in SIGNS if sign in text]:
        yield f"without {' '.join(bad_signs)}"
