"""The colours of what a widget draws."""

from html import escape

from .drawing import Drawn

COLORS = ("#3987e5", "#e0812f", "#28a17a", "#d34e62", "#8f6fdb", "#b08a12", "#18a0b5", "#c4569c", "#7c8894", "#6b9c45")
"""They can be told apart; in the dark the style lightens them, and those that a widget gives itself."""


def color(one: Drawn, index: int) -> str:
    """Return the colour of a widget's series: its own, or the next."""
    return one.color or COLORS[index % len(COLORS)]


def own(drawn: str) -> str:
    """Return the attribute that gives an element its colour."""
    return f'style="--own: {escape(drawn)}"'
