"""Lay out boxes, frames and columns, in pixels from the top left corner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .cells import PAD, Area, Cell, cells
from .columns import columns
from .order import Columns, align, ordered
from .shapes import SMALL, Arrow, Box, width
from .wires import Wire, links, wires

_GAP: Final = 72
"""Minimum pixels between columns, in addition to the longest label."""

_GRID: Final = 900
"""The maximum width of the grid in pixels, unless the columns are wider."""

_BETWEEN: Final = 24
"""Pixels between the parts of the grid."""


@dataclass(frozen=True)
class Layout:
    """The positions of a drawing's parts.

    Args:
        boxes: the area of each box by its key.
        cells: all cells, including bends.
        wires: arrows between cells.
        inner: arrows within a cell.
    """

    boxes: Mapping[str, Area]
    cells: Sequence[Cell]
    wires: Sequence[Wire]
    inner: Sequence[Arrow]

    @property
    def width(self) -> float:
        """The total width in pixels."""
        return max((cell.right for cell in self.cells), default=0)

    @property
    def height(self) -> float:
        """The total height in pixels."""
        return max((cell.bottom for cell in self.cells), default=0)


def layout(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> Layout:
    """Place boxes with arrows in columns, and boxes without arrows in a grid below the columns."""
    found = cells(boxes, arrows)
    cell_of = {key: cell for cell in found for key in cell.tops}
    ends = [(cell_of[arrow.source], cell_of[arrow.target]) for arrow in arrows]
    linked = {cell for pair in ends for cell in pair}
    flow = [cell for cell in found if cell in linked]
    column_of = columns([cell.key for cell in flow], {(source.key, target.key) for source, target in ends})
    for cell in flow:
        cell.column = column_of[cell.key]
    paths = wires(arrows, cell_of)
    flow += [stop.cell for path in paths for stop in path.stops if not stop.boxes]
    _place(flow, paths)
    grid = [cell for cell in found if cell not in linked]
    _place_grid(grid, flow)
    areas = {key: area for cell in found for key, area in cell.areas().items()}
    return Layout(
        areas, [*flow, *grid], paths, [arrow for arrow in arrows if cell_of[arrow.source] == cell_of[arrow.target]]
    )


def _place(flow: Sequence[Cell], paths: Sequence[Wire]) -> None:
    count = max((cell.column for cell in flow), default=-1) + 1
    table: Columns = [[cell for cell in flow if cell.column == number] for number in range(count)]
    table = ordered(table, links(paths))
    align(table, links(paths))
    x = 0.0
    for number, column in enumerate(table):
        broad = round(max(cell.width for cell in column))
        for cell in column:
            cell.x, cell.width = x, broad
        x += broad + _gap(number, paths)


def _gap(column: int, paths: Sequence[Wire]) -> float:
    """Return the space after a column: enough for the labels of the arrows between this column and the next."""
    labels = (path.arrows[0].label for path in paths if path.stops[-2 if path.is_back else 0].cell.column == column)
    return round(max((width(label, SMALL) + 2 * PAD for label in labels), default=0) + _GAP)


def _place_grid(grid: Sequence[Cell], flow: Sequence[Cell]) -> None:
    """Place cells from left to right, with a new row when the width is used up."""
    broad = max([_GRID, *(cell.right for cell in flow)])
    x, row = 0.0, max((cell.bottom + 2 * _BETWEEN for cell in flow), default=0.0)
    bottom = row
    for cell in grid:
        if x and x + cell.width > broad:
            x, row = 0.0, bottom + _BETWEEN
        cell.x, cell.y, cell.width = x, row, round(cell.width)
        x, bottom = cell.right + _BETWEEN, max(bottom, cell.bottom)
