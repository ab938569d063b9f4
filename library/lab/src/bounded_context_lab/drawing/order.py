"""Order and align the cells of columns, so few arrows cross and most are level."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate, combinations
from statistics import fmean
from typing import Final

from .cells import Cell
from .wires import Stop

_SWEEPS: Final = 12
_GAP: Final = 18
"""Pixels between two cells of a column."""

Columns = Sequence[Sequence[Cell]]
"""The cells of each column, from the top."""

Links = Sequence[tuple[Stop, Stop]]
"""The parts of paths between adjacent columns."""


def ordered(columns: Columns, links: Links) -> Columns:
    """Return the order with the fewest crossings from alternating sweeps to the right and to the left."""
    found = [columns]
    for sweep in range(_SWEEPS):
        found.append(_swept(found[-1], links, rightwards=sweep % 2 == 0))
    return min(found, key=lambda order: _crossings(order, links))


def _swept(columns: Columns, links: Links, *, rightwards: bool) -> Columns:
    """Sort each column by the mean positions of the linked parts in the column before it."""
    found, neighbours = [list(column) for column in columns], _neighbours(links)
    places = _places(found)
    for column in found[1:] if rightwards else found[-2::-1]:
        means = {
            cell: fmean(places[there.cell] + there.down / there.cell.height for _, there in near)
            for cell in column
            if (near := [link for link in neighbours[cell] if (link[1].cell.column < cell.column) == rightwards])
        }
        column.sort(key=lambda cell: means.get(cell, places[cell]))
        places |= _places([column])
    return found


def _neighbours(links: Links) -> Mapping[Cell, list[tuple[Stop, Stop]]]:
    """Return the links of each cell, the cell's own end first."""
    found: defaultdict[Cell, list[tuple[Stop, Stop]]] = defaultdict(list)
    for left, right in links:
        found[left.cell].append((left, right))
        found[right.cell].append((right, left))
    return found


def _places(columns: Columns) -> dict[Cell, int]:
    return {cell: place for column in columns for place, cell in enumerate(column)}


def _crossings(columns: Columns, links: Links) -> int:
    """Return the number of link pairs between the same columns whose ends are in opposite orders."""
    places, between = _places(columns), defaultdict[int, list[list[float]]](list)
    for pair in links:
        between[pair[0].cell.column].append([places[stop.cell] + stop.down / stop.cell.height for stop in pair])
    return sum(
        (left - other_left) * (right - other_right) < 0
        for pairs in between.values()
        for (left, right), (other_left, other_right) in combinations(pairs, 2)
    )


def align(columns: Columns, links: Links) -> None:
    """Set the cells' vertical positions, with 0 for the highest: level with linked cells, in order, without overlap."""
    neighbours = _neighbours(links)
    for column in columns:
        _settle(column, [0.0] * len(column))
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            _settle(column, [_level(cell, neighbours[cell]) for cell in column])
    highest = min((cell.y for column in columns for cell in column), default=0)
    for column in columns:
        for cell in column:
            cell.y = round(cell.y - highest)


def _level(cell: Cell, links: Links) -> float:
    """Return the top at which a cell's links are level on average."""
    return fmean(there.cell.y + there.down - here.down for here, there in links) if links else cell.y


def _settle(column: Sequence[Cell], wished: Sequence[float]) -> None:
    """Move cells near their wished tops, in order and without overlap: the mean of moving down and of moving up."""
    stacked = list(accumulate((cell.height + _GAP for cell in column), initial=0.0))
    shifts = [wish - top for wish, top in zip(wished, stacked, strict=False)]
    lower, upper = accumulate(shifts, max), reversed([*accumulate(reversed(shifts), min)])
    for cell, top, low, high in zip(column, stacked, lower, upper, strict=False):
        cell.y = top + (low + high) / 2
