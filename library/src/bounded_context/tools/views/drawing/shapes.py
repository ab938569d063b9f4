"""The input of a drawing: boxes and arrows."""

from dataclasses import dataclass


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
