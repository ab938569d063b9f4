"""The way of each arrow through the columns: from a box over bends, one in each column that it passes, to a box."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .shapes import Arrow


@dataclass(frozen=True)
class Stop:
    """A cell on the way, and the box in it (None: it is a bend)."""

    cell: str
    box: str | None = None


@dataclass(frozen=True)
class Wire:
    """An arrow and its stops from left to right; one that leads back to the left has its head at the first of them."""

    arrow: Arrow
    stops: tuple[Stop, ...]
    is_back: bool

    @property
    def pieces(self) -> Iterator[tuple[Stop, Stop]]:
        """Between one column and the next."""
        return pairwise(self.stops)


def wires(arrows: Sequence[Arrow], cell_of: Mapping[str, str], column_of: Mapping[str, int]) -> list[Wire]:
    """The ways of the arrows between boxes of different cells."""
    outer = [arrow for arrow in arrows if cell_of[arrow.source] != cell_of[arrow.target]]
    return [_wire(number, arrow, cell_of, column_of) for number, arrow in enumerate(outer)]


def _wire(number: int, arrow: Arrow, cell_of: Mapping[str, str], column_of: Mapping[str, int]) -> Wire:
    source, target = (Stop(cell_of[key], key) for key in (arrow.source, arrow.target))
    is_back = column_of[source.cell] > column_of[target.cell]
    left, right = (target, source) if is_back else (source, target)
    passed = range(column_of[left.cell] + 1, column_of[right.cell])
    # The number has a fixed width: keys are sorted as text.
    bends = [Stop(f"bend {number:05} {column:05}") for column in passed]
    return Wire(arrow, (left, *bends, right), is_back)


def bends(found: Sequence[Wire], column_of: Mapping[str, int]) -> dict[str, int]:
    """The column of each bend."""
    return {
        stop.cell: column_of[wire.stops[0].cell] + number
        for wire in found
        for number, stop in enumerate(wire.stops)
        if stop.box is None
    }
