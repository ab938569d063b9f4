"""The cells of columns: single boxes, frames of several boxes, and bends of arrows that cross a column."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from .columns import columns
from .shapes import Arrow, Box
from .text import LINE, width

PAD: Final = 10
"""Pixels between a frame and its boxes, and between a box and its text."""

INNER: Final = 24
"""Pixels between the boxes of a frame with inner arrows."""

_TITLE: Final = 20
_PORT: Final = 9
"""Pixels between arrows that end at the same side of a box."""


@dataclass(frozen=True)
class Cell:
    """A part of a column with its boxes from the top. `tops` are in pixels below the cell's top, by the box's key.

    A bend has no boxes.
    """

    key: str
    boxes: tuple[Box, ...] = ()
    frame: str = ""
    height: float = 6
    width: float = 0
    tops: dict[str, float] = field(default_factory=dict)
    heights: dict[str, float] = field(default_factory=dict)

    def middle(self, boxes: Sequence[str]) -> float:
        """Return the average end of arrows to these boxes, or the middle of a bend; in pixels below the cell's top."""
        found = [self.tops[box] + self.heights[box] / 2 for box in boxes]
        return sum(found) / len(found) if found else self.height / 2


def cells(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> list[Cell]:
    """Return a cell for each group and for each single box, sorted by key."""
    groups: dict[str, list[Box]] = {}
    for box in sorted(boxes):
        groups.setdefault(cell_key(box), []).append(box)
    ends = _ends(arrows)
    return [_cell(key, grouped, arrows, ends) for key, grouped in sorted(groups.items())]


def cell_key(box: Box) -> str:
    """Return the key of the cell that contains a box."""
    return f"group {box.group}" if box.group else f"box {box.key}"


def _ends(arrows: Sequence[Arrow]) -> Counter[str]:
    """Return the maximum number of arrows on a side of each box."""
    return Counter(arrow.source for arrow in arrows) | Counter(arrow.target for arrow in arrows)


def _cell(key: str, boxes: Sequence[Box], arrows: Sequence[Arrow], ends: Counter[str]) -> Cell:
    keys = [box.key for box in boxes]
    inner = {(arrow.source, arrow.target) for arrow in arrows if arrow.source in keys and arrow.target in keys}
    depths = columns(keys, inner)
    ordered = tuple(sorted(boxes, key=lambda box: (depths[box.key], box)))
    heights = {box.key: _height(box, ends[box.key]) for box in boxes}
    frame = boxes[0].group
    gap = INNER if inner else PAD
    tops = dict(_tops(ordered, heights, gap, _TITLE + PAD / 2 if frame else 0))
    height = max(tops[key] + heights[key] for key in keys) + (PAD if frame else 0)
    return Cell(key, ordered, frame, height, _width(boxes, frame), tops, heights)


def _height(box: Box, ends: int) -> float:
    return max(LINE * max(1, len(box.label.splitlines())) + 1.6 * PAD, _PORT * ends + PAD)


def _tops(boxes: Sequence[Box], heights: dict[str, float], gap: float, top: float) -> Iterator[tuple[str, float]]:
    for box in boxes:
        yield box.key, top
        top += heights[box.key] + gap


def _width(boxes: Sequence[Box], frame: str) -> float:
    inner = max(width(box.label) for box in boxes) + 2 * PAD
    return max(inner, width(frame, 12)) + 2 * PAD if frame else inner
