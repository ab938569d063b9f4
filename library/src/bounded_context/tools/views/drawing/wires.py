"""The paths of arrows through the columns: from a box, over a bend in each crossed column, to a box.

Arrows from boxes of a frame to the same box join into one line if they have the same label.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .shapes import Arrow


@dataclass(frozen=True)
class Stop:
    """A cell on the path, with the boxes at which the path ends; a bend has no boxes."""

    cell: str
    boxes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wire:
    """Joined arrows, and their stops from left to right. If `is_back`, the arrows point from right to left."""

    arrows: tuple[Arrow, ...]
    stops: tuple[Stop, ...]
    is_back: bool

    @property
    def pieces(self) -> Iterator[tuple[Stop, Stop]]:
        """Pairs of adjacent stops."""
        return pairwise(self.stops)


def wires(arrows: Sequence[Arrow], cell_of: Mapping[str, str], column_of: Mapping[str, int]) -> list[Wire]:
    """Return the paths of the arrows between boxes of different cells."""
    joined: dict[tuple[str, str, str], list[Arrow]] = {}
    for arrow in arrows:
        if cell_of[arrow.source] != cell_of[arrow.target]:
            joined.setdefault((cell_of[arrow.source], arrow.target, arrow.label), []).append(arrow)
    return [_wire(number, tuple(found), cell_of, column_of) for number, found in enumerate(joined.values())]


def _wire(number: int, arrows: tuple[Arrow, ...], cell_of: Mapping[str, str], column_of: Mapping[str, int]) -> Wire:
    source = Stop(cell_of[arrows[0].source], tuple(dict.fromkeys(arrow.source for arrow in arrows)))
    target = Stop(cell_of[arrows[0].target], (arrows[0].target,))
    is_back = column_of[source.cell] > column_of[target.cell]
    left, right = (target, source) if is_back else (source, target)
    passed = range(column_of[left.cell] + 1, column_of[right.cell])
    # The numbers have a fixed width, because keys are sorted as text.
    bends = [Stop(f"bend {number:05} {column:05}") for column in passed]
    return Wire(arrows, (left, *bends, right), is_back)


def bends(found: Sequence[Wire], column_of: Mapping[str, int]) -> dict[str, int]:
    """Return the column of each bend."""
    return {
        stop.cell: column_of[wire.stops[0].cell] + number
        for wire in found
        for number, stop in enumerate(wire.stops)
        if not stop.boxes
    }
