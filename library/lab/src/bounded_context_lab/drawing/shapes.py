"""The input of a drawing, boxes and arrows, and the estimated width of their text without a font."""

import unicodedata
from dataclasses import dataclass
from typing import Final

LINE: Final = 17
"""The height of a line of text in pixels."""

SMALL: Final = 11
"""The size of the font of arrows' labels and of the legend in pixels."""

_NARROW: Final = frozenset("fijlrt.,:;'|!()[] ")


@dataclass(frozen=True, order=True)
class Box:
    """A box. Ties in the order of a column or group are resolved by key.

    Args:
        key: the unique key that arrows refer to.
        label: the text, in one line or several.
        kind: the CSS class, which determines the colour and the entry in the legend.
        note: the tooltip.
        group: the frame's name; boxes of a group are drawn in one frame.
    """

    key: str
    label: str
    kind: str = ""
    note: str = ""
    group: str = ""


@dataclass(frozen=True, order=True)
class Arrow:
    """An arrow between two boxes, by their keys.

    Args:
        source: the key of the box at its start.
        target: the key of the box at its head.
        label: the text on the line.
        note: the tooltip.
    """

    source: str
    target: str
    label: str = ""
    note: str = ""


def width(text: str, size: float = 13) -> float:
    """Return the width in pixels of the longest line of a text, in a sans serif of `size` pixels.

    The estimate is rather too wide than too narrow.
    """
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
