"""Where the labels of arrows are: on their lines, and as far as possible not on one another."""

from collections.abc import Sequence
from typing import Final

from .curves import Line, Point, at
from .text import SMALL, width

_SHARES: Final = (0.5, 0.4, 0.6, 0.32, 0.68)
"""Places on a curve, the best first."""

_Label = tuple[Point, float]
"""The middle of a label, and half its width."""


def labels(lines: Sequence[Line]) -> list[Point]:
    """The middle of each line's label."""
    placed: list[_Label] = []
    for line in lines:
        placed.append(_best(line, placed))
    return [middle for middle, _ in placed]


def _best(line: Line, placed: Sequence[_Label]) -> _Label:
    half = width(line.arrow.label, SMALL) / 2
    tried = [(_beside(line, at(line.labelled, share), half), half) for share in _SHARES]
    return min(tried, key=lambda one: sum(_overlap(one, other) for other in placed))


def _beside(line: Line, point: Point, half: float) -> Point:
    """Upright lines are too short to carry their label: it is to the right of them."""
    is_upright = line.labelled[0][0] == line.labelled[1][0]
    return (point[0] + half + 6, point[1]) if is_upright else point


def _overlap(one: _Label, other: _Label) -> bool:
    (x, y), half = one
    (other_x, other_y), other_half = other
    return min(half, other_half) > 0 and abs(y - other_y) < SMALL + 2 and abs(x - other_x) < half + other_half
