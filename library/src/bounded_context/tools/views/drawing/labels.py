"""Place the labels of arrows on their lines, with as little overlap as possible."""

from collections.abc import Sequence
from typing import Final

from .curves import Curve, Line, Point, at
from .text import SMALL, width

_SHARES: Final = (0.5, 0.4, 0.6, 0.32, 0.68)
"""Candidate positions on a curve, the best first."""

_Label = tuple[Point, float]
"""The middle of a label, and half of its width."""


def labels(lines: Sequence[Line]) -> list[tuple[str, Point]]:
    """Return the labels of lines, each with its middle."""
    placed: list[tuple[str, _Label]] = []
    for line in lines:
        if line.labelled and line.arrow.label:
            placed.append((line.arrow.label, _best(line.arrow.label, line.labelled, [label for _, label in placed])))
    return [(text, middle) for text, (middle, _) in placed]


def _best(text: str, curve: Curve, placed: Sequence[_Label]) -> _Label:
    half = width(text, SMALL) / 2
    tried = [(_label_middle(curve, at(curve, share), half), half) for share in _SHARES]
    return min(tried, key=lambda label: sum(_overlap(label, other) for other in placed))


def _label_middle(curve: Curve, point: Point, half: float) -> Point:
    """Return the middle of a label. Vertical lines are too short for a label, so it is to the right of such a line."""
    is_upright = curve[0][0] == curve[1][0]
    return (point[0] + half + 6, point[1]) if is_upright else point


def _overlap(label: _Label, other: _Label) -> bool:
    (x, y), half = label
    (other_x, other_y), other_half = other
    return abs(y - other_y) < SMALL + 2 and abs(x - other_x) < half + other_half
