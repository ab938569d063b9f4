"""Place the ends of lines at the sides of boxes, and the points at which lines join."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from .layout import Area, Layout
from .wires import Stop, Wire

JOIN: Final = 26
"""Pixels between a frame and the points at which lines join."""

_PORT: Final = 12
"""Maximum pixels between the lines at one side of a box."""

_APART: Final = 16
"""Minimum pixels between the points at which lines join."""

End = tuple[int, str | None]
"""The number of a wire, and the box at its end. None stands for the point at which its lines join."""


def ports(found: Layout) -> dict[End, float]:
    """Return the vertical position of each end. The ends at a side of a box are ordered by their next stops."""
    sides: defaultdict[tuple[str, bool], list[tuple[float, int]]] = defaultdict(list)
    for number, wire in enumerate(found.wires):
        for is_left, (stop, next_stop) in ((True, wire.stops[:2]), (False, wire.stops[:-3:-1])):
            for box in stop.boxes:
                sides[box, is_left].append((_middle(found, next_stop), number))
    ends: dict[End, float] = {
        (number, box): down
        for (box, _), stops in sides.items()
        for (_, number), down in zip(sorted(stops), _spread(found.boxes[box], len(stops)), strict=True)
    }
    return ends | dict(_joins(found, ends))


def _middle(found: Layout, stop: Stop) -> float:
    areas = [found.boxes[box] for box in stop.boxes] or [found.areas[stop.cell]]
    return sum(area.y + area.height / 2 for area in areas) / len(areas)


def _spread(area: Area, count: int) -> Iterator[float]:
    step = min(_PORT, (area.height - 8) / count)
    first = area.y + area.height / 2 - step * (count - 1) / 2
    return (first + step * number for number in range(count))


def _joins(found: Layout, ends: dict[End, float]) -> Iterator[tuple[End, float]]:
    """Yield the points at which lines join: in the middle of the lines, with a minimum distance."""
    sides: defaultdict[tuple[str, bool], list[tuple[float, float, int]]] = defaultdict(list)
    for number, wire in enumerate(found.wires):
        if len(wire.arrows) > 1:
            source, next_stop = _source(wire)
            levels = [ends[number, box] for box in source.boxes]
            sides[source.cell, wire.is_back].append((_middle(found, next_stop), sum(levels) / len(levels), number))
    for joins in sides.values():
        before = float("-inf")
        for _, level, number in sorted(joins):
            before = max(level, before + _APART)
            yield (number, None), before


def _source(wire: Wire) -> tuple[Stop, Stop]:
    """Return the first stop of a wire and the stop after it."""
    first, second = wire.stops[:-3:-1] if wire.is_back else wire.stops[:2]
    return first, second
