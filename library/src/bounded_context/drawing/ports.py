"""How far down lines end at the sides of boxes, and where those that join do."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from .layout import Area, Layout
from .wires import Stop, Wire

JOIN: Final = 26
"""Pixels beside a frame where lines join."""

_PORT: Final = 12
"""Pixels between lines at one side of a box, where there is room."""

_APART: Final = 16
"""Pixels between the places beside a frame where lines join."""

End = tuple[int, str | None]
"""The number of a wire, and the box at which it ends; None: where its lines join."""


def ports(found: Layout) -> dict[End, float]:
    """How far down each end is: those of one side of a box in the order of where they lead."""
    sides: defaultdict[tuple[str, bool], list[tuple[float, int]]] = defaultdict(list)
    for number, wire in enumerate(found.wires):
        for is_left, (stop, beside) in ((True, wire.stops[:2]), (False, wire.stops[:-3:-1])):
            for box in stop.boxes:
                sides[box, is_left].append((_middle(found, beside), number))
    ends: dict[End, float] = {
        (number, box): down
        for (box, _), there in sides.items()
        for (_, number), down in zip(sorted(there), _spread(found.boxes[box], len(there)), strict=True)
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
    """In the middle of the lines that join, and apart from one another."""
    sides: defaultdict[tuple[str, bool], list[tuple[float, float, int]]] = defaultdict(list)
    for number, wire in enumerate(found.wires):
        if len(wire.arrows) > 1:
            source, beside = _source(wire)
            levels = [ends[number, box] for box in source.boxes]
            sides[source.cell, wire.is_back].append((_middle(found, beside), sum(levels) / len(levels), number))
    for joins in sides.values():
        before = float("-inf")
        for _, level, number in sorted(joins):
            before = max(level, before + _APART)
            yield (number, None), before


def _source(wire: Wire) -> tuple[Stop, Stop]:
    """The stop from which a wire comes, and the one beside it."""
    first, second = wire.stops[:-3:-1] if wire.is_back else wire.stops[:2]
    return first, second
