"""Where the labels of arrows are: on their lines, and as far as possible not on one another."""

from collections.abc import Sequence
from typing import Final

from .curves import Curve, Line, Point, at
from .text import SMALL, width

_SHARES: Final = (0.5, 0.4, 0.6, 0.32, 0.68)
"""Places on a curve, the best first."""

_Label = tuple[Point, float]
"""The middle of a label, and half its width."""


def labels(lines: Sequence[Line]) -> list[tuple[str, Point]]:
    """The labels of lines, each with its middle."""
    placed: list[tuple[str, _Label]] = []
    for line in lines:
        if line.labelled and line.arrow.label:
            placed.append((line.arrow.label, _best(line.arrow.label, line.labelled, [one for _, one in placed])))
    return [(text, middle) for text, (middle, _) in placed]


def _best(text: str, curve: Curve, placed: Sequence[_Label]) -> _Label:
    half = width(text, SMALL) / 2
    tried = [(_beside(curve, at(curve, share), half), half) for share in _SHARES]
    return min(tried, key=lambda one: sum(_overlap(one, other) for other in placed))


def _beside(curve: Curve, point: Point, half: float) -> Point:
    """Upright lines are too short to carry their label: it is to the right of them."""
    is_upright = curve[0][0] == curve[1][0]
    return (point[0] + half + 6, point[1]) if is_upright else point


def _overlap(one: _Label, other: _Label) -> bool:
    (x, y), half = one
    (other_x, other_y), other_half = other
    return abs(y - other_y) < SMALL + 2 and abs(x - other_x) < half + other_half
