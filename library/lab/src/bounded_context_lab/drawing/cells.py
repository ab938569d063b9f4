"""Boxes and arrows, the estimated width of their text, the cells of columns, and the paths of arrows through them.

Arrows from boxes of a frame to the same box join into one line if they have the same label.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import accumulate, combinations, pairwise
from statistics import fmean
from typing import Final

LINE: Final = 17
"""The height of a line of text in pixels."""

SMALL: Final = 11
"""The size of the font of arrows' labels and of the legend in pixels."""

_NARROW: Final = frozenset("fijlrt.,:;'|!()[] ")


@dataclass(frozen=True, order=True)
class Box:
    """A box. Ties in the order of a column or group are resolved by key.

    Args:
        key: the unique key that arrows refer to.
        label: the text, in one line or several.
        kind: the CSS class, which determines the colour and the entry in the legend.
        note: the tooltip.
        group: the frame's name; boxes of a group are drawn in one frame.
    """

    key: str
    label: str
    kind: str = ""
    note: str = ""
    group: str = ""


@dataclass(frozen=True, order=True)
class Arrow:
    """An arrow between two boxes, by their keys.

    Args:
        source: the key of the box at its start.
        target: the key of the box at its head.
        label: the text on the line.
        note: the tooltip.
    """

    source: str
    target: str
    label: str = ""
    note: str = ""


def width(text: str, size: float = 13) -> float:
    """Return the width in pixels of the longest line of a text, in a sans serif of `size` pixels.

    The estimate is rather too wide than too narrow.
    """
    return max((sum(map(_share, line)) for line in text.splitlines()), default=0) * size


def _share(character: str) -> float:
    """Return the width of a character as a share of the font's size."""
    if unicodedata.combining(character):
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    if character in _NARROW:
        return 0.36
    return 0.74 if character.isupper() or character in "mwMW@%" else 0.59


Link = tuple[str, str]
"""From one key to another."""


def columns(keys: Sequence[str], links: Set[Link]) -> dict[str, int]:
    """Return the column of each key, from 0.

    Links that would close a cycle count in reverse: of each cycle, the link that returns to the key nearest to a start.
    Links from a key to itself are ignored.
    """
    links = {(source, target) for source, target in links if source != target}
    distances = _distances(keys, links)
    order = _order(keys, links, distances)
    places = {key: place for place, key in enumerate(order)}
    forward = [(source, target) if places[source] < places[target] else (target, source) for source, target in links]
    column_of: dict[str, int] = {}
    for key, before in _grouped(order, forward).items():
        column_of[key] = max((column_of[source] + 1 for source in before), default=0)
    return column_of


def _order(keys: Sequence[str], links: Set[Link], distances: Mapping[str, int]) -> list[str]:
    """Return the keys in topological order, without the links that close cycles."""
    acyclic = set(links)
    while True:
        try:
            return list(TopologicalSorter(_grouped(keys, acyclic)).static_order())
        except CycleError as error:
            acyclic.remove(min(pairwise(error.args[1]), key=lambda link: (distances[link[1]], link)))


def _distances(keys: Sequence[str], links: Set[Link]) -> dict[str, int]:
    """Return the number of links from the nearest start: a key without incoming links, or else the first of a cycle."""
    following = _grouped(keys, [(target, source) for source, target in links])
    targets = {target for _, target in links}
    distance_of: dict[str, int] = {}
    for start in sorted(keys, key=lambda key: (key in targets, key)):
        ahead, distance = {start} - distance_of.keys(), 0
        while ahead:
            distance_of |= dict.fromkeys(ahead, distance)
            ahead, distance = {key for here in ahead for key in following[here]} - distance_of.keys(), distance + 1
    return distance_of


def _grouped(keys: Iterable[str], links: Iterable[Link]) -> dict[str, list[str]]:
    """Return the sources of the links to each key, sorted."""
    sources: dict[str, list[str]] = {key: [] for key in keys}
    for source, target in sorted(links):
        sources[target].append(source)
    return sources


PAD: Final = 10
"""Pixels between a frame and its boxes, and between a box and its text."""

INNER: Final = 24
"""Pixels between the boxes of a frame with inner arrows."""

_TITLE: Final = 20
_PORT: Final = 9
"""Pixels between arrows that end at the same side of a box."""


@dataclass(eq=False)
class Area:
    """A rectangle, in pixels from the top left corner."""

    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0

    @property
    def right(self) -> float:
        """The x coordinate of the right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y coordinate of the lower side."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """The y coordinate of the middle."""
        return self.y + self.height / 2

    def side(self, *, is_left: bool) -> float:
        """Return the x coordinate of a side."""
        return self.x if is_left else self.right


@dataclass(eq=False)
class Cell(Area):
    """A part of a column. The layout sets its position, its column, and the width that all cells of a column share.

    `tops` and `heights` are in pixels by the key of each box; tops are below the cell's top. A bend has no boxes.
    """

    key: str = ""
    frame: str = ""
    column: int = 0
    tops: dict[str, float] = field(default_factory=dict)
    heights: dict[str, float] = field(default_factory=dict)

    def areas(self) -> dict[str, Area]:
        """Return the area of each box by its key."""
        pad = PAD if self.frame else 0
        return {
            key: Area(self.x + pad, self.y + top, self.width - 2 * pad, self.heights[key])
            for key, top in self.tops.items()
        }


def cells(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> list[Cell]:
    """Return a cell for each group and for each single box, sorted by key."""
    groups: dict[str, list[Box]] = {}
    for box in sorted(boxes):
        groups.setdefault(f"group {box.group}" if box.group else f"box {box.key}", []).append(box)
    ends = Counter(arrow.source for arrow in arrows) | Counter(arrow.target for arrow in arrows)
    return [_cell(key, grouped, arrows, ends) for key, grouped in sorted(groups.items())]


def _cell(key: str, boxes: Sequence[Box], arrows: Sequence[Arrow], ends: Counter[str]) -> Cell:
    """Return a cell. `ends` is the larger number of arrows at a side of each box."""
    keys, frame = [box.key for box in boxes], boxes[0].group
    inner = {(arrow.source, arrow.target) for arrow in arrows if arrow.source in keys and arrow.target in keys}
    depths = columns(keys, inner)
    heights = {box.key: _height(box, ends[box.key]) for box in boxes}
    ordered = sorted(keys, key=lambda box: (depths[box], box))
    tops = dict(_tops(ordered, heights, INNER if inner else PAD, _TITLE + PAD / 2 if frame else 0))
    height = tops[ordered[-1]] + heights[ordered[-1]] + (PAD if frame else 0)
    return Cell(key=key, frame=frame, width=_width(boxes, frame), height=height, tops=tops, heights=heights)


def _height(box: Box, ends: int) -> float:
    return max(LINE * max(1, len(box.label.splitlines())) + 1.6 * PAD, _PORT * ends + PAD)


def _tops(keys: Sequence[str], heights: dict[str, float], gap: float, top: float) -> Iterator[tuple[str, float]]:
    for key in keys:
        yield key, top
        top += heights[key] + gap


def _width(boxes: Sequence[Box], frame: str) -> float:
    inner = max(width(box.label) for box in boxes) + 2 * PAD
    return max(inner, width(frame, 12)) + 2 * PAD if frame else inner


_BEND = 6
"""The height of a bend in pixels."""


@dataclass(frozen=True)
class Stop:
    """A cell on a path, with the boxes at which the path ends; a bend has no boxes."""

    cell: Cell
    boxes: tuple[str, ...] = ()

    @property
    def down(self) -> float:
        """The average end of the path in pixels below the cell's top."""
        tops, heights = self.cell.tops, self.cell.heights
        return fmean(tops[box] + heights[box] / 2 for box in self.boxes) if self.boxes else self.cell.height / 2


@dataclass(frozen=True, eq=False)
class Wire:
    """Joined arrows, and their stops from left to right. If `is_back`, the arrows point from right to left."""

    arrows: Sequence[Arrow]
    stops: Sequence[Stop]
    is_back: bool

    @property
    def path(self) -> Sequence[Stop]:
        """The stops from the source to the target."""
        return self.stops[::-1] if self.is_back else self.stops

    @property
    def is_joined(self) -> bool:
        """Whether the wire has several arrows."""
        return len(self.arrows) > 1


def wires(arrows: Sequence[Arrow], cell_of: Mapping[str, Cell]) -> list[Wire]:
    """Return the paths of the arrows between boxes of different cells."""
    joined: dict[tuple[Cell, str, str], list[Arrow]] = {}
    for arrow in arrows:
        if cell_of[arrow.source] != cell_of[arrow.target]:
            joined.setdefault((cell_of[arrow.source], arrow.target, arrow.label), []).append(arrow)
    return [_wire(bundle, cell_of) for bundle in joined.values()]


def _wire(arrows: Sequence[Arrow], cell_of: Mapping[str, Cell]) -> Wire:
    source = Stop(cell_of[arrows[0].source], tuple(dict.fromkeys(arrow.source for arrow in arrows)))
    target = Stop(cell_of[arrows[0].target], (arrows[0].target,))
    is_back = source.cell.column > target.cell.column
    left, right = (target, source) if is_back else (source, target)
    crossed = range(left.cell.column + 1, right.cell.column)
    return Wire(arrows, [left, *(Stop(Cell(height=_BEND, column=column)) for column in crossed), right], is_back)


def links(paths: Sequence[Wire]) -> list[tuple[Stop, Stop]]:
    """Return the pairs of adjacent stops."""
    return [pair for wire in paths for pair in pairwise(wire.stops)]


_SWEEPS: Final = 12
_GAP: Final = 18
"""Pixels between two cells of a column."""

Columns = Sequence[Sequence[Cell]]
"""The cells of each column, from the top."""

Links = Sequence[tuple[Stop, Stop]]
"""The parts of paths between adjacent columns."""


def ordered(columns: Columns, links: Links) -> Columns:
    """Return the order with the fewest crossings from alternating sweeps to the right and to the left."""
    orders = [columns]
    for sweep in range(_SWEEPS):
        orders.append(_swept(orders[-1], links, rightwards=sweep % 2 == 0))
    return min(orders, key=lambda order: _crossings(order, links))


def _swept(columns: Columns, links: Links, *, rightwards: bool) -> Columns:
    """Sort each column by the mean positions of the linked parts in the column before it."""
    swept, neighbours = [list(column) for column in columns], _neighbours(links)
    places = _places(swept)
    for column in swept[1:] if rightwards else swept[-2::-1]:
        means = {
            cell: fmean(places[there.cell] + there.down / there.cell.height for _, there in near)
            for cell in column
            if (near := [link for link in neighbours[cell] if (link[1].cell.column < cell.column) == rightwards])
        }
        column.sort(key=lambda cell: means.get(cell, places[cell]))
        places |= _places([column])
    return swept


def _neighbours(links: Links) -> Mapping[Cell, list[tuple[Stop, Stop]]]:
    """Return the links of each cell, the cell's own end first."""
    neighbours: defaultdict[Cell, list[tuple[Stop, Stop]]] = defaultdict(list)
    for left, right in links:
        neighbours[left.cell].append((left, right))
        neighbours[right.cell].append((right, left))
    return neighbours


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
