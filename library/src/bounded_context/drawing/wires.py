"""The way of arrows through the columns: from a box over bends, one in each column that they pass, to a box.

Arrows from boxes of one frame that lead to the same box and say the same join, and are one line from there on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .shapes import Arrow


@dataclass(frozen=True)
class Stop:
    """A cell on the way, and the boxes in it at which the way ends; none if it is a bend."""

    cell: str
    boxes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wire:
    """Arrows that join, and their stops from left to right; what leads back to the left has its head at the first."""

    arrows: tuple[Arrow, ...]
    stops: tuple[Stop, ...]
    is_back: bool

    @property
    def pieces(self) -> Iterator[tuple[Stop, Stop]]:
        """Between one column and the next."""
        return pairwise(self.stops)


def wires(arrows: Sequence[Arrow], cell_of: Mapping[str, str], column_of: Mapping[str, int]) -> list[Wire]:
    """The ways of the arrows between boxes of different cells."""
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
    # The numbers have a fixed width: keys are sorted as text.
    bends = [Stop(f"bend {number:05} {column:05}") for column in passed]
    return Wire(arrows, (left, *bends, right), is_back)


def bends(found: Sequence[Wire], column_of: Mapping[str, int]) -> dict[str, int]:
    """The column of each bend."""
    return {
        stop.cell: column_of[wire.stops[0].cell] + number
        for wire in found
        for number, stop in enumerate(wire.stops)
        if not stop.boxes
    }
