"""Convert the paths of arrows to curves."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from .cells import INNER
from .layout import Area, Layout
from .ports import JOIN, End, ports
from .shapes import Arrow
from .wires import Stop, Wire

_BULGE: Final = 34
"""The horizontal distance of an arrow's curve within a frame from the boxes, in pixels."""

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]
"""A cubic Bezier curve: start, two control points, end."""


@dataclass(frozen=True)
class Line:
    """An arrow's curves from its source to its target; `labelled` is the curve with the label.

    Only one of several joined lines has the label. The same applies to lines in a frame with the same target and label.
    """

    arrow: Arrow
    curves: Sequence[Curve]
    labelled: Curve | None


def lines(found: Layout) -> list[Line]:
    """Return the lines of all arrows."""
    return [*_outer(found), *_inner(found)]


def _outer(found: Layout) -> Iterator[Line]:
    """Yield the lines between cells: horizontal within columns, curved between columns."""
    ends = ports(found)
    for number, wire in enumerate(found.wires):
        for place, arrow in enumerate(wire.arrows):
            points = list(_points(found, wire, number, arrow, ends))
            curves = [_level(start, end) for start, end in pairwise(points) if start != end]
            yield Line(arrow, curves, None if place else _between_columns(wire, points))


def _points(found: Layout, wire: Wire, number: int, arrow: Arrow, ends: Mapping[End, float]) -> Iterator[Point]:
    """Yield the points of an arrow from its source to its target."""
    stops = wire.stops[::-1] if wire.is_back else wire.stops
    start, end = ends[number, arrow.source], ends[number, arrow.target]
    yield _side(found.boxes[arrow.source], wire.is_back), start
    yield _side(found.areas[stops[0].cell], wire.is_back), start
    if len(wire.arrows) > 1:
        yield _joined(found, wire, stops[0], ends[number, None])
    for area in (found.areas[stop.cell] for stop in stops[1:-1]):
        middle = area.y + area.height / 2
        yield _side(area, not wire.is_back), middle
        yield _side(area, wire.is_back), middle
    yield _side(found.areas[stops[-1].cell], not wire.is_back), end
    yield _side(found.boxes[arrow.target], not wire.is_back), end


def _joined(found: Layout, wire: Wire, stop: Stop, level: float) -> Point:
    area = found.areas[stop.cell]
    return _side(area, wire.is_back) + (-JOIN if wire.is_back else JOIN), level


def _side(area: Area, is_left: bool) -> float:
    return area.x if is_left else area.right


def _between_columns(wire: Wire, points: Sequence[Point]) -> Curve:
    """Return the first curve after the source's column."""
    first = 2 if len(wire.arrows) > 1 else 1
    return _level(points[first], points[first + 1])


def _level(start: Point, end: Point) -> Curve:
    """Return a curve that is horizontal at both ends."""
    middle = (start[0] + end[0]) / 2
    return start, (middle, start[1]), (middle, end[1]), end


def _inner(found: Layout) -> Iterator[Line]:
    """Yield the lines within frames: down to the next box, or around the side. The shortest line has the label."""
    drawn: defaultdict[tuple[str, str], list[tuple[Arrow, Curve]]] = defaultdict(list)
    for arrow in found.inner:
        drawn[arrow.target, arrow.label].append((arrow, _within(found.boxes[arrow.source], found.boxes[arrow.target])))
    for alike in drawn.values():
        labelled = min((curve for _, curve in alike), key=lambda curve: abs(curve[3][1] - curve[0][1]))
        yield from (Line(arrow, [curve], curve if curve == labelled else None) for arrow, curve in alike)


def _within(source: Area, target: Area) -> Curve:
    return _down(source, target) if 0 < target.y - source.bottom <= INNER else _aside(source, target)


def _down(source: Area, target: Area) -> Curve:
    x, middle = source.x + source.width / 2, (source.bottom + target.y) / 2
    return (x, source.bottom), (x, middle), (x, middle), (x, target.y)


def _aside(source: Area, target: Area) -> Curve:
    start, end = (source.x, source.y + source.height * 0.75), (target.x, target.y + target.height * 0.25)
    return start, (start[0] - _BULGE, start[1]), (end[0] - _BULGE, end[1]), end


def at(curve: Curve, share: float) -> Point:
    """Return the point of a curve at a parameter from 0 to 1."""
    rest = 1 - share
    weights = (rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3)
    x, y = (sum(weight * point[axis] for weight, point in zip(weights, curve, strict=True)) for axis in (0, 1))
    return x, y
