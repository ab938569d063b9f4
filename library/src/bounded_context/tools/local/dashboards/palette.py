"""The colours of a widget's series."""

from html import escape

from .drawing import Drawn

COLORS = ("#3987e5", "#e0812f", "#28a17a", "#d34e62", "#8f6fdb", "#b08a12", "#18a0b5", "#c4569c", "#7c8894", "#6b9c45")
"""Distinguishable colours. In dark mode the style lightens them, and the colours of widgets."""


def color(item: Drawn, index: int) -> str:
    """Return the series' own colour, or the palette's colour at `index`."""
    return item.color or COLORS[index % len(COLORS)]


def own(drawn: str) -> str:
    """Return the style attribute with an element's colour."""
    return f'style="--own: {escape(drawn)}"'
