"""Estimate the width of text without a font. The estimate is rather too wide than too narrow."""

import unicodedata
from typing import Final

LINE: Final = 17
"""The height of a line in pixels."""

SMALL: Final = 11
"""The size of the font of arrows' labels and of the legend in pixels."""

_NARROW: Final = frozenset("fijlrt.,:;'|!()[] ")


def width(text: str, size: float = 13) -> float:
    """Return the width in pixels of the longest line of a text, in a sans serif of `size` pixels."""
    return max((sum(map(_share, line)) for line in text.splitlines()), default=0) * size


def _share(character: str) -> float:
    """Return the width of a character as a share of the font's size."""
    if unicodedata.combining(character):
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    if character in _NARROW:
        return 0.36
    return 0.74 if character.isupper() or character in "mwMW@%" else 0.59
