"""The paths of arrows through the columns: from a box, over a bend in each crossed column, to a box.

Arrows from boxes of a frame to the same box join into one line if they have the same label.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from .cells import Cell
from .shapes import Arrow

_BEND = 6
"""The height of a bend in pixels."""


@dataclass(frozen=True)
class Stop:
    """A cell on a path, with the boxes at which the path ends; a bend has no boxes."""

    cell: Cell
    boxes: tuple[str, ...] = ()

    @property
    def down(self) -> float:
        """The average end of the path in pixels below the cell's top."""
        tops, heights = self.cell.tops, self.cell.heights
        return fmean(tops[box] + heights[box] / 2 for box in self.boxes) if self.boxes else self.cell.height / 2


@dataclass(frozen=True, eq=False)
class Wire:
    """Joined arrows, and their stops from left to right. If `is_back`, the arrows point from right to left."""

    arrows: Sequence[Arrow]
    stops: Sequence[Stop]
    is_back: bool

    @property
    def path(self) -> Sequence[Stop]:
        """The stops from the source to the target."""
        return self.stops[::-1] if self.is_back else self.stops

    @property
    def is_joined(self) -> bool:
        """Whether the wire has several arrows."""
        return len(self.arrows) > 1


def wires(arrows: Sequence[Arrow], cell_of: Mapping[str, Cell]) -> list[Wire]:
    """Return the paths of the arrows between boxes of different cells."""
    joined: dict[tuple[Cell, str, str], list[Arrow]] = {}
    for arrow in arrows:
        if cell_of[arrow.source] != cell_of[arrow.target]:
            joined.setdefault((cell_of[arrow.source], arrow.target, arrow.label), []).append(arrow)
    return [_wire(found, cell_of) for found in joined.values()]


def _wire(arrows: Sequence[Arrow], cell_of: Mapping[str, Cell]) -> Wire:
    source = Stop(cell_of[arrows[0].source], tuple(dict.fromkeys(arrow.source for arrow in arrows)))
    target = Stop(cell_of[arrows[0].target], (arrows[0].target,))
    is_back = source.cell.column > target.cell.column
    left, right = (target, source) if is_back else (source, target)
    crossed = range(left.cell.column + 1, right.cell.column)
    return Wire(arrows, [left, *(Stop(Cell(height=_BEND, column=column)) for column in crossed), right], is_back)


def links(found: Sequence[Wire]) -> list[tuple[Stop, Stop]]:
    """Return the pairs of adjacent stops."""
    return [pair for wire in found for pair in pairwise(wire.stops)]
