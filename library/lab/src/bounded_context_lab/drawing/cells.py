"""The cells of columns: single boxes, frames of several boxes, and bends of arrows that cross a column."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from .columns import columns
from .shapes import LINE, Arrow, Box, width

PAD: Final = 10
"""Pixels between a frame and its boxes, and between a box and its text."""

INNER: Final = 24
"""Pixels between the boxes of a frame with inner arrows."""

_TITLE: Final = 20
_PORT: Final = 9
"""Pixels between arrows that end at the same side of a box."""


@dataclass(eq=False)
class Area:
    """A rectangle, in pixels from the top left corner."""

    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0

    @property
    def right(self) -> float:
        """The x coordinate of the right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y coordinate of the lower side."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """The y coordinate of the middle."""
        return self.y + self.height / 2

    def side(self, *, is_left: bool) -> float:
        """Return the x coordinate of a side."""
        return self.x if is_left else self.right


@dataclass(eq=False)
class Cell(Area):
    """A part of a column. The layout sets its position, its column, and the width that all cells of a column share.

    `tops` and `heights` are in pixels by the key of each box; tops are below the cell's top. A bend has no boxes.
    """

    key: str = ""
    frame: str = ""
    column: int = 0
    tops: dict[str, float] = field(default_factory=dict)
    heights: dict[str, float] = field(default_factory=dict)

    def areas(self) -> dict[str, Area]:
        """Return the area of each box by its key."""
        pad = PAD if self.frame else 0
        return {
            key: Area(self.x + pad, self.y + top, self.width - 2 * pad, self.heights[key])
            for key, top in self.tops.items()
        }


def cells(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> list[Cell]:
    """Return a cell for each group and for each single box, sorted by key."""
    groups: dict[str, list[Box]] = {}
    for box in sorted(boxes):
        groups.setdefault(f"group {box.group}" if box.group else f"box {box.key}", []).append(box)
    ends = Counter(arrow.source for arrow in arrows) | Counter(arrow.target for arrow in arrows)
    return [_cell(key, grouped, arrows, ends) for key, grouped in sorted(groups.items())]


def _cell(key: str, boxes: Sequence[Box], arrows: Sequence[Arrow], ends: Counter[str]) -> Cell:
    """Return a cell. `ends` is the larger number of arrows at a side of each box."""
    keys, frame = [box.key for box in boxes], boxes[0].group
    inner = {(arrow.source, arrow.target) for arrow in arrows if arrow.source in keys and arrow.target in keys}
    depths = columns(keys, inner)
    heights = {box.key: _height(box, ends[box.key]) for box in boxes}
    ordered = sorted(keys, key=lambda box: (depths[box], box))
    tops = dict(_tops(ordered, heights, INNER if inner else PAD, _TITLE + PAD / 2 if frame else 0))
    height = tops[ordered[-1]] + heights[ordered[-1]] + (PAD if frame else 0)
    return Cell(key=key, frame=frame, width=_width(boxes, frame), height=height, tops=tops, heights=heights)


def _height(box: Box, ends: int) -> float:
    return max(LINE * max(1, len(box.label.splitlines())) + 1.6 * PAD, _PORT * ends + PAD)


def _tops(keys: Sequence[str], heights: dict[str, float], gap: float, top: float) -> Iterator[tuple[str, float]]:
    for key in keys:
        yield key, top
        top += heights[key] + gap


def _width(boxes: Sequence[Box], frame: str) -> float:
    inner = max(width(box.label) for box in boxes) + 2 * PAD
    return max(inner, width(frame, 12)) + 2 * PAD if frame else inner
