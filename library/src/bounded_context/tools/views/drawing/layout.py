"""Lay out boxes, frames and columns, in pixels from the top left corner."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .cells import PAD, Cell, cell_key, cells
from .columns import columns
from .levels import levels
from .order import Ends, Order, ordered
from .shapes import Arrow, Box
from .text import SMALL, width
from .wires import Stop, Wire, bends, wires

GAP: Final = 72
"""Minimum pixels between columns, in addition to the longest label."""

_GRID: Final = 900
"""The maximum width of the grid in pixels, unless the columns are wider."""

_BETWEEN: Final = 24
"""Pixels between the parts of the grid."""


@dataclass(frozen=True)
class Area:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x coordinate of the right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y coordinate of the lower side."""
        return self.y + self.height


@dataclass(frozen=True)
class Layout:
    """The positions of a drawing's parts.

    Args:
        areas: the area of each cell by its key, including bends.
        boxes: the area of each box by its key.
        cells: all cells except for bends.
        wires: arrows between cells.
        inner: arrows within a cell.
    """

    areas: Mapping[str, Area]
    boxes: Mapping[str, Area]
    cells: Sequence[Cell]
    wires: Sequence[Wire]
    inner: Sequence[Arrow]

    @property
    def width(self) -> float:
        """The total width in pixels."""
        return max((area.right for area in self.areas.values()), default=0)

    @property
    def height(self) -> float:
        """The total height in pixels."""
        return max((area.bottom for area in self.areas.values()), default=0)


def layout(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> Layout:
    """Place boxes with arrows in columns, and boxes without arrows in a grid below the columns."""
    cell_of = {box.key: cell_key(box) for box in boxes}
    linked = {cell_of[key] for arrow in arrows for key in (arrow.source, arrow.target)}
    found = cells(boxes, arrows)
    flow = _flow([cell for cell in found if cell.key in linked], arrows, cell_of)
    grid = _grid([cell for cell in found if cell.key not in linked], flow)
    areas = flow.areas | grid
    inner = [arrow for arrow in arrows if cell_of[arrow.source] == cell_of[arrow.target]]
    return Layout(areas, dict(_boxes(found, areas)), found, flow.wires, inner)


@dataclass(frozen=True)
class _Flow:
    """The columns of a layout."""

    areas: dict[str, Area]
    wires: Sequence[Wire]


def _flow(found: Sequence[Cell], arrows: Sequence[Arrow], cell_of: Mapping[str, str]) -> _Flow:
    links = {(cell_of[arrow.source], cell_of[arrow.target]) for arrow in arrows}
    column_of = columns([cell.key for cell in found], links)
    ways = wires(arrows, cell_of, column_of)
    passed = bends(ways, column_of)
    by_key = {cell.key: cell for cell in found} | {key: Cell(key) for key in sorted(passed)}
    order = _order(by_key, column_of | passed, ways)
    tops = levels(order, by_key, [_level(by_key, piece) for way in ways for piece in way.pieces])
    return _Flow(_areas(order, by_key, tops, ways), ways)


def _order(by_key: Mapping[str, Cell], column_of: Mapping[str, int], ways: Sequence[Wire]) -> Order:
    start: Order = [[] for _ in range(max(column_of.values(), default=-1) + 1)]
    for key in by_key:
        start[column_of[key]].append(key)
    return ordered(start, [_ends(by_key, piece) for way in ways for piece in way.pieces])


def _ends(by_key: Mapping[str, Cell], piece: tuple[Stop, Stop]) -> Ends:
    left, right = ((stop.cell, _share(by_key[stop.cell], stop.boxes)) for stop in piece)
    return left, right


def _share(cell: Cell, boxes: Sequence[str]) -> float:
    return cell.middle(boxes) / cell.height


def _level(by_key: Mapping[str, Cell], piece: tuple[Stop, Stop]) -> Ends:
    left, right = ((stop.cell, by_key[stop.cell].middle(stop.boxes)) for stop in piece)
    return left, right


def _areas(
    order: Order, by_key: Mapping[str, Cell], tops: Mapping[str, float], ways: Sequence[Wire]
) -> dict[str, Area]:
    x, areas = 0.0, dict[str, Area]()
    for column in order:
        broad = round(max(by_key[key].width for key in column))
        areas |= {key: Area(x, tops[key], broad, by_key[key].height) for key in column}
        x += broad + _gap(column, ways)
    return areas


def _gap(column: Sequence[str], ways: Sequence[Wire]) -> float:
    """Return the space after a column: enough for the labels of the arrows between this column and the next."""
    labels = (way.arrows[0].label for way in ways if way.stops[-2 if way.is_back else 0].cell in column)
    return round(max((width(label, SMALL) + 2 * PAD for label in labels), default=0) + GAP)


def _grid(found: Sequence[Cell], flow: _Flow) -> dict[str, Area]:
    """Place cells from left to right, with a new row when the width is used up."""
    broad = max([_GRID, *(area.right for area in flow.areas.values())])
    row = max((area.bottom + 2 * _BETWEEN for area in flow.areas.values()), default=0.0)
    x, areas = 0.0, dict[str, Area]()
    for cell in found:
        if x and x + cell.width > broad:
            x, row = 0.0, max(area.bottom for area in areas.values()) + _BETWEEN
        areas[cell.key] = Area(x, row, round(cell.width), cell.height)
        x = areas[cell.key].right + _BETWEEN
    return areas


def _boxes(found: Sequence[Cell], areas: Mapping[str, Area]) -> Iterator[tuple[str, Area]]:
    for cell in found:
        area, side = areas[cell.key], PAD if cell.frame else 0
        for key, top in cell.tops.items():
            yield key, Area(area.x + side, area.y + top, area.width - 2 * side, cell.heights[key])
