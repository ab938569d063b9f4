"""Order the parts of columns so that few arrows cross, by the mean position of each part's linked parts."""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

Order = list[list[str]]
"""The keys of each column, from the top."""

Ends = tuple[tuple[str, float], tuple[str, float]]
"""A link between adjacent columns: on each side a key and the vertical position in its part, from 0 to 1."""

_SWEEPS: Final = 12


def ordered(start: Order, links: Sequence[Ends]) -> Order:
    """Return the order with the fewest crossings from alternating sweeps to the right and to the left.

    The first of several equal orders is returned.
    """
    best, fewest = start, _crossings(start, links)
    order = start
    for sweep in range(_SWEEPS):
        order = _swept(order, links, rightwards=sweep % 2 == 0)
        crossings = _crossings(order, links)
        if crossings < fewest:
            best, fewest = order, crossings
    return best


def _swept(order: Order, links: Sequence[Ends], *, rightwards: bool) -> Order:
    found = [list(column) for column in order]
    places = _places(found)
    neighbours = _neighbours(links, rightwards=rightwards)
    for column in found[1:] if rightwards else found[-2::-1]:
        column.sort(key=lambda key: _mean(key, neighbours, places))
        places |= {key: float(place) for place, key in enumerate(column)}
    return found


def _mean(key: str, neighbours: Mapping[str, list[tuple[str, float]]], places: Mapping[str, float]) -> float:
    found = [places[other] + down for other, down in neighbours[key]]
    return sum(found) / len(found) if found else places[key]


def _neighbours(links: Sequence[Ends], *, rightwards: bool) -> Mapping[str, list[tuple[str, float]]]:
    found: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    for left, right in links:
        here, there = (right, left) if rightwards else (left, right)
        found[here[0]].append(there)
    return found


def _places(order: Order) -> dict[str, float]:
    return {key: float(place) for column in order for place, key in enumerate(column)}


def _crossings(order: Order, links: Sequence[Ends]) -> int:
    """Return the number of link pairs between the same columns whose ends are in opposite orders."""
    places = _places(order)
    column_of = {key: number for number, column in enumerate(order) for key in column}
    between: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for (left, left_down), (right, right_down) in links:
        between[column_of[left]].append((places[left] + left_down, places[right] + right_down))
    return sum(map(_inversions, between.values()))


def _inversions(pairs: Sequence[tuple[float, float]]) -> int:
    seen: list[float] = []
    found = 0
    for _, right in sorted(pairs):
        found += len(seen) - bisect_right(seen, right)
        insort(seen, right)
    return found
