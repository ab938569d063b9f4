"""Align the parts of columns vertically with their linked parts, as far as the space in the column allows."""

from collections.abc import Mapping, Sequence
from typing import Final

from .cells import Cell

_SWEEPS: Final = 10
_GAP: Final = 18
"""Pixels between two parts of a column."""

Level = tuple[str, float]
"""A key and pixels below its top."""


def levels(
    order: Sequence[Sequence[str]], cells: Mapping[str, Cell], links: Sequence[tuple[Level, Level]]
) -> dict[str, float]:
    """Return the top of each cell in pixels, with 0 for the highest. Cells keep their order and do not overlap."""
    tops = {key: top for column in order for key, top in _stacked(column, cells).items()}
    for sweep in range(_SWEEPS):
        for column in order if sweep % 2 == 0 else reversed(order):
            tops |= _settled(column, cells, _wishes(column, tops, links))
    highest = min(tops.values(), default=0)
    return {key: round(top - highest) for key, top in tops.items()}


def _stacked(column: Sequence[str], cells: Mapping[str, Cell]) -> dict[str, float]:
    """Return tops that stack the cells without overlap, centred at 0."""
    below, tops = 0.0, dict[str, float]()
    for key in column:
        tops[key] = below
        below += cells[key].height + _GAP
    return {key: top - below / 2 for key, top in tops.items()}


def _wishes(
    column: Sequence[str], tops: Mapping[str, float], links: Sequence[tuple[Level, Level]]
) -> dict[str, tuple[float, int]]:
    """Return each cell's preferred top, at which its links are horizontal on average, with the number of its links."""
    found: dict[str, list[float]] = {key: [] for key in column}
    for left, right in links:
        for (here, mine), (there, its) in ((left, right), (right, left)):
            if here in found:
                found[here].append(tops[there] + its - mine)
    return {key: (sum(all_) / len(all_), len(all_)) if all_ else (tops[key], 1) for key, all_ in found.items()}


def _settled(
    column: Sequence[str], cells: Mapping[str, Cell], wishes: Mapping[str, tuple[float, int]]
) -> dict[str, float]:
    """Return the tops that are nearest to the preferred tops (least squares) and do not overlap.

    Overlapping cells form a pool, which moves to the weighted mean of its preferred tops (pool adjacent violators). The
    algorithm runs on tops relative to the stacked column.
    """
    above = _stacked(column, cells)
    pools: list[tuple[float, int, list[str]]] = []
    for key in column:
        wish, weight = wishes[key]
        pools.append((wish - above[key], weight, [key]))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            pools.append(_pooled(pools.pop(-2), pools.pop()))
    return {key: level + above[key] for level, _, keys in pools for key in keys}


def _pooled(upper: tuple[float, int, list[str]], lower: tuple[float, int, list[str]]) -> tuple[float, int, list[str]]:
    weight = upper[1] + lower[1]
    return (upper[0] * upper[1] + lower[0] * lower[1]) / weight, weight, [*upper[2], *lower[2]]
