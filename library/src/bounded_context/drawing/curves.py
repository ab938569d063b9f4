"""The lines of arrows as curves."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from .cells import INNER
from .layout import Area, Layout
from .shapes import Arrow
from .wires import Stop, Wire

_PORT: Final = 12
"""Pixels between arrows at one side of a box, where there is room."""

_BULGE: Final = 34
"""How far an arrow within a frame swings out to the right, in pixels."""

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]
"""A cubic Bezier curve: its start, the two points that it is drawn to, and its end."""


@dataclass(frozen=True)
class Line:
    """An arrow's curves one after the other, from its source to its target; `labelled` is that which has its label."""

    arrow: Arrow
    curves: Sequence[Curve]
    labelled: Curve


def lines(found: Layout) -> list[Line]:
    """The lines of all arrows."""
    ports = _ports(found)
    outer = (_outer(found, wire, ports[n, True], ports[n, False]) for n, wire in enumerate(found.wires))
    inner = (_inner(arrow, found.boxes[arrow.source], found.boxes[arrow.target]) for arrow in found.inner)
    return [*outer, *inner]


def _ports(found: Layout) -> dict[tuple[int, bool], float]:
    """How far down each wire ends, by its number and whether its left end is meant.

    Those at one side of a box are in the order of where they lead.
    """
    sides: defaultdict[tuple[str, bool], list[tuple[float, int]]] = defaultdict(list)
    for number, wire in enumerate(found.wires):
        for is_left, (stop, beside) in ((True, wire.stops[:2]), (False, wire.stops[:-3:-1])):
            sides[stop.box or "", is_left].append((_middle(_area(found, beside)), number))
    return {
        (number, is_left): down
        for (box, is_left), ends in sides.items()
        for (_, number), down in zip(sorted(ends), _spread(found.boxes[box], len(ends)), strict=True)
    }


def _area(found: Layout, stop: Stop) -> Area:
    return found.areas[stop.cell] if stop.box is None else found.boxes[stop.box]


def _middle(area: Area) -> float:
    return area.y + area.height / 2


def _spread(area: Area, count: int) -> Iterator[float]:
    step = min(_PORT, (area.height - 8) / count)
    first = _middle(area) - step * (count - 1) / 2
    return (first + step * number for number in range(count))


def _outer(found: Layout, wire: Wire, left: float, right: float) -> Line:
    """Level within columns, curved between them."""
    points = list(_points(found, wire.stops, left, right))
    way = points[::-1] if wire.is_back else points
    curves = [_level(start, end) for start, end in pairwise(way) if start != end]
    return Line(wire.arrow, curves, _level(points[1], points[2]))


def _points(found: Layout, stops: Sequence[Stop], left: float, right: float) -> Iterator[Point]:
    first, *passed, last = (_area(found, stop) for stop in stops)
    yield first.right, left
    yield found.areas[stops[0].cell].right, left
    for area in passed:
        yield area.x, _middle(area)
        yield area.right, _middle(area)
    yield found.areas[stops[-1].cell].x, right
    yield last.x, right


def _level(start: Point, end: Point) -> Curve:
    """Level at both ends."""
    middle = (start[0] + end[0]) / 2
    return start, (middle, start[1]), (middle, end[1]), end


def _inner(arrow: Arrow, source: Area, target: Area) -> Line:
    is_next = 0 < target.y - source.bottom <= INNER
    curve = _down(source, target) if is_next else _aside(source, target)
    return Line(arrow, [curve], curve)


def _down(source: Area, target: Area) -> Curve:
    x, middle = source.x + source.width / 2, (source.bottom + target.y) / 2
    return (x, source.bottom), (x, middle), (x, middle), (x, target.y)


def _aside(source: Area, target: Area) -> Curve:
    start, end = (source.right, source.y + source.height * 0.75), (target.right, target.y + target.height * 0.25)
    return start, (start[0] + _BULGE, start[1]), (end[0] + _BULGE, end[1]), end


def at(curve: Curve, share: float) -> Point:
    """The point of a curve at this share of it, from 0 to 1."""
    rest = 1 - share
    weights = (rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3)
    x, y = (sum(weight * point[axis] for weight, point in zip(weights, curve, strict=True)) for axis in (0, 1))
    return x, y
