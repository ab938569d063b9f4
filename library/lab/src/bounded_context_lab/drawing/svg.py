"""Lay out boxes, frames, columns and the lines of arrows in pixels, and write them as SVG.

The SVG has its own style, and no scripts, fonts or external addresses.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from .cells import (
    INNER,
    LINE,
    PAD,
    SMALL,
    Area,
    Arrow,
    Box,
    Cell,
    Columns,
    Stop,
    Wire,
    align,
    cells,
    columns,
    links,
    ordered,
    width,
    wires,
)

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


def layout(boxes: Sequence[Box], arrows: Sequence[Arrow], *, tall: bool = False) -> Layout:
    """Place boxes with arrows in columns, and boxes without arrows in a grid below the columns.

    If `tall`, the widths are the heights of the boxes and the heights their widths: the drawing is turned afterwards.
    """
    all_cells = cells(boxes, arrows)
    for cell in all_cells if tall else ():
        # The text is as large as possible on a phone: less space beside it.
        cell.width, cell.height = cell.height, cell.width - PAD
        cell.heights = dict.fromkeys(cell.heights, cell.height)
    cell_of = {key: cell for cell in all_cells for key in cell.tops}
    ends = [(cell_of[arrow.source], cell_of[arrow.target]) for arrow in arrows]
    linked = {cell for pair in ends for cell in pair}
    flow = [cell for cell in all_cells if cell in linked]
    column_of = columns([cell.key for cell in flow], {(source.key, target.key) for source, target in ends})
    for cell in flow:
        cell.column = column_of[cell.key]
    paths = wires(arrows, cell_of)
    flow += [stop.cell for path in paths for stop in path.stops if not stop.boxes]
    _place(flow, paths)
    grid = [cell for cell in all_cells if cell not in linked]
    _place_grid(grid, flow)
    areas = {key: area for cell in all_cells for key, area in cell.areas().items()}
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


_JOIN: Final = 26
"""Pixels between a frame and the points at which lines join."""

_PORT: Final = 12
"""Maximum pixels between the lines at one side of a box."""

_APART: Final = 16
"""Minimum pixels between the points at which lines join."""

_BULGE: Final = 34
"""The horizontal distance of an arrow's curve within a frame from the boxes, in pixels."""

_SHARES: Final = (0.5, 0.4, 0.6, 0.32, 0.68)
"""Candidate positions of a label on a curve, the best first."""

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]
"""A cubic Bezier curve: start, two control points, end."""

_Ends = dict[tuple[Wire, str | None], float]
"""The vertical position of each end of a wire, by its box. None is the point at which the wire's lines join."""

_Label = tuple[Point, float]
"""The middle of a label, and half of its width."""


@dataclass(frozen=True)
class Line:
    """An arrow's curves from its source to its target; `labelled` is the curve with the label.

    Only one of several joined lines has the label. The same applies to lines in a frame with the same target and label.
    """

    arrow: Arrow
    curves: Sequence[Curve]
    labelled: Curve | None


def lines(placement: Layout) -> list[Line]:
    """Return the lines of all arrows."""
    return [*_between_cells(placement), *_in_frames(placement)]


def _between_cells(placement: Layout) -> Iterator[Line]:
    """Yield the lines between cells: horizontal within columns, curved between columns."""
    ends = _ends(placement)
    ends |= _joins(placement, ends)
    for wire in placement.wires:
        for number, arrow in enumerate(wire.arrows):
            points = list(_points(placement, wire, arrow, ends))
            curves = [_level(start, end) for start, end in pairwise(points) if start != end]
            # The first curve after the source's column has the label.
            start = 2 if wire.is_joined else 1
            yield Line(arrow, curves, None if number else _level(points[start], points[start + 1]))


def _ends(placement: Layout) -> _Ends:
    """Return the ends at the boxes. The ends at a side of a box are ordered by their next stops."""
    sides: defaultdict[tuple[str, bool], list[tuple[float, int, Wire]]] = defaultdict(list)
    for number, wire in enumerate(placement.wires):
        for is_left, (stop, following) in ((True, wire.stops[:2]), (False, wire.stops[:-3:-1])):
            for box in stop.boxes:
                sides[box, is_left].append((_middle(placement, following), number, wire))
    return {
        (wire, box): down
        for (box, _), ends in sides.items()
        for (_, _, wire), down in zip(sorted(ends), _spread(placement.boxes[box], len(ends)), strict=True)
    }


def _joins(placement: Layout, ends: _Ends) -> _Ends:
    """Return the points at which lines join: in the middle of the lines, with a minimum distance."""
    sides: defaultdict[tuple[Area, bool], list[tuple[float, float, int, Wire]]] = defaultdict(list)
    for number, wire in enumerate(placement.wires):
        if wire.is_joined:
            source, following = wire.path[:2]
            down = fmean(ends[wire, box] for box in source.boxes)
            sides[source.cell, wire.is_back].append((_middle(placement, following), down, number, wire))
    joins: _Ends = {}
    for side in sides.values():
        before = float("-inf")
        for _, down, _, wire in sorted(side):
            joins[wire, None] = before = max(down, before + _APART)
    return joins


def _middle(placement: Layout, stop: Stop) -> float:
    return fmean(placement.boxes[box].middle for box in stop.boxes) if stop.boxes else stop.cell.middle


def _spread(area: Area, count: int) -> list[float]:
    step = min(_PORT, (area.height - 8) / count)
    return [area.middle + step * (number - (count - 1) / 2) for number in range(count)]


def _points(
    placement: Layout, wire: Wire, arrow: Arrow, ends: Mapping[tuple[Wire, str | None], float]
) -> Iterator[Point]:
    """Yield the points of an arrow from its source to its target."""
    before, after = wire.is_back, not wire.is_back
    source, *bends, target = (stop.cell for stop in wire.path)
    start, end = ends[wire, arrow.source], ends[wire, arrow.target]
    yield placement.boxes[arrow.source].side(is_left=before), start
    yield source.side(is_left=before), start
    if wire.is_joined:
        yield source.side(is_left=before) + (-_JOIN if wire.is_back else _JOIN), ends[wire, None]
    for bend in bends:
        yield bend.side(is_left=after), bend.middle
        yield bend.side(is_left=before), bend.middle
    yield target.side(is_left=after), end
    yield placement.boxes[arrow.target].side(is_left=after), end


def _level(start: Point, end: Point) -> Curve:
    """Return a curve that is horizontal at both ends."""
    middle = (start[0] + end[0]) / 2
    return start, (middle, start[1]), (middle, end[1]), end


def _in_frames(placement: Layout) -> Iterator[Line]:
    """Yield the lines within frames: down to the next box, or around the side. The shortest line has the label."""
    curves: defaultdict[tuple[str, str], list[tuple[Arrow, Curve]]] = defaultdict(list)
    for arrow in placement.inner:
        source, target = placement.boxes[arrow.source], placement.boxes[arrow.target]
        curve = _down(source, target) if 0 < target.y - source.bottom <= INNER else _aside(source, target)
        curves[arrow.target, arrow.label].append((arrow, curve))
    for alike in curves.values():
        labelled = min((curve for _, curve in alike), key=lambda curve: abs(curve[3][1] - curve[0][1]))
        yield from (Line(arrow, [curve], curve if curve == labelled else None) for arrow, curve in alike)


def _down(source: Area, target: Area) -> Curve:
    x, middle = source.x + source.width / 2, (source.bottom + target.y) / 2
    return (x, source.bottom), (x, middle), (x, middle), (x, target.y)


def _aside(source: Area, target: Area) -> Curve:
    start, end = (source.x, source.y + source.height * 0.75), (target.x, target.y + target.height * 0.25)
    return start, (start[0] - _BULGE, start[1]), (end[0] - _BULGE, end[1]), end


def labels(arrow_lines: Sequence[Line]) -> list[tuple[str, Point]]:
    """Return the labels of lines, each with its middle, with as little overlap as possible."""
    placed: list[tuple[str, _Label]] = []
    for line in arrow_lines:
        if line.labelled and line.arrow.label:
            half = width(line.arrow.label, SMALL) / 2
            tried = [(_label_middle(line.labelled, share, half), half) for share in _SHARES]
            best = min(tried, key=lambda label: sum(_overlap(label, neighbour) for _, neighbour in placed))
            placed.append((line.arrow.label, best))
    return [(text, middle) for text, (middle, _) in placed]


def _label_middle(curve: Curve, share: float, half: float) -> Point:
    """Return the middle of a label. Vertical lines are too short for a label, so it is to the right of such a line."""
    complement = 1 - share
    weights = (complement**3, 3 * complement**2 * share, 3 * complement * share**2, share**3)
    x, y = (sum(weight * point[axis] for weight, point in zip(weights, curve, strict=True)) for axis in (0, 1))
    is_upright = curve[0][0] == curve[1][0]
    return x + (half + 6) * is_upright, y


def _overlap(label: _Label, second: _Label) -> bool:
    (x, y), half = label
    (other_x, other_y), other_half = second
    return abs(y - other_y) < SMALL + 2 and abs(x - other_x) < half + other_half


_STYLE: Final = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
"""The style sheet, for the light and the dark colour scheme. It only applies within `svg.drawing`."""

_TONES: Final = 10
"""The number of colours for kinds in the style sheet; repeated after the last colour."""

_MARGIN: Final = 20
_NARROW_MARGIN: Final = 8
_HEAD: Final = 7
"""The length of an arrow's head."""

_NO_XML: Final = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def svg(title: str, boxes: Sequence[Box], arrows: Sequence[Arrow], *, tall: bool = False) -> str:
    """Draw boxes and arrows from left to right. Boxes without arrows are placed in a grid below.

    Arrows from one group to the same box join if they have the same label, which is written once.

    The output does not depend on the order of the input. A page may contain several drawings: there are no ids, and the
    style only applies within `svg.drawing`. Each box is a group with its kind as a class and its key as `data-key`.
    Each arrow is a group with `data-source` and `data-target`.

    A `tall` drawing is for a phone: from top to bottom, without a legend. Its boxes have no groups.

    Raises ValueError if two boxes have the same key, or if an arrow names an unknown box.
    """
    _check(boxes, arrows)
    placement = layout(sorted(boxes), sorted(set(arrows)), tall=tall)
    kinds, arrow_lines = sorted({box.kind for box in boxes} - {""}), lines(placement)
    if tall:
        placement, arrow_lines = _turned(placement), [_turned_line(line) for line in arrow_lines]
    tones = {kind: f"tone-{number % _TONES}" for number, kind in enumerate(kinds)} if len(kinds) > 1 else {}
    legend, margin = ({}, _NARROW_MARGIN) if tall else (tones, _MARGIN)
    broad = max(placement.width, sum(map(_legend_width, legend))) + 2 * margin
    root = _root(title, broad, placement.height + 2 * margin + 28 * bool(legend))
    drawing = _add(root, "g", transform=f"translate({margin} {margin})")
    _add_frames(drawing, placement)
    _add_lines(drawing, arrow_lines)
    for box in sorted(boxes):
        _add_box(drawing, box, placement.boxes[box.key], tones.get(box.kind, ""))
    _add_legend(drawing, legend, placement.height + 14)
    indent(root, "")
    return tostring(root, encoding="unicode") + "\n"


def _turned(placement: Layout) -> Layout:
    areas = {key: Area(area.y, area.x, area.height, area.width) for key, area in placement.boxes.items()}
    turned = [Cell(cell.y, cell.x, cell.height, cell.width) for cell in placement.cells]
    return Layout(areas, turned, placement.wires, placement.inner)


def _turned_line(line: Line) -> Line:
    turned = [[(y, x) for x, y in curve] for curve in line.curves]
    return Line(line.arrow, [(start, first, second, end) for start, first, second, end in turned], None)


def _check(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> None:
    keys = Counter(box.key for box in boxes)
    if twice := sorted(key for key, count in keys.items() if count > 1):
        raise ValueError(f"Several boxes have the key {twice[0]!r}.")
    if unknown := sorted({key for arrow in arrows for key in (arrow.source, arrow.target)} - set(keys)):
        raise ValueError(f"An arrow names {unknown[0]!r}, which is not a box.")


def _add(parent: Element, tag: str, classes: str = "", text: str = "", **attributes: str | float) -> Element:
    """Add an element. Numbers are rounded to a tenth, and characters that XML does not allow are left out."""
    values = {name.replace("_", "-"): _text(value) for name, value in attributes.items()}
    element = SubElement(parent, tag, ({"class": _text(classes)} if classes else {}) | values)
    element.text = _text(text) or None
    return element


def _text(value: str | float) -> str:
    return _NO_XML.sub("", value) if isinstance(value, str) else f"{round(value, 1) + 0:g}"


def _root(title: str, broad: float, high: float) -> Element:
    size, label = {"width": _text(broad), "height": _text(high)}, _text(title)
    fixed = {"xmlns": "http://www.w3.org/2000/svg", "class": "drawing", "role": "img"}
    root = Element("svg", fixed | size | {"aria-label": label, "viewBox": f"0 0 {size['width']} {size['height']}"})
    _add(root, "title", text=title)
    _add(root, "style", text=_STYLE)
    _add(root, "rect", "paper", rx=8, **size)
    return root


def _add_rect(parent: Element, area: Area, rx: float, classes: str = "") -> None:
    _add(parent, "rect", classes, x=area.x, y=area.y, width=area.width, height=area.height, rx=rx)


def _add_note(parent: Element, note: str) -> None:
    if note:
        _add(parent, "title", text=note)


def _add_frames(parent: Element, placement: Layout) -> None:
    for cell in placement.cells:
        if cell.frame:
            _add_rect(parent, cell, 8, "frame")
            _add(parent, "text", "name", cell.frame, x=cell.x + 10, y=cell.y + 17)


def _add_box(parent: Element, box: Box, area: Area, tone: str) -> None:
    """Add a box with the lines of its label, centred."""
    group = _add(parent, "g", " ".join(["box", *box.kind.split(), tone]).strip(), data_key=box.key)
    _add_note(group, box.note)
    _add_rect(group, area, 5)
    rows = box.label.splitlines()
    top = area.middle - LINE * (len(rows) - 1) / 2 + 4.5
    for number, row in enumerate(rows):
        _add(group, "text", text=row, x=area.x + area.width / 2, y=top + LINE * number)


def _add_lines(parent: Element, arrow_lines: Sequence[Line]) -> None:
    """Add all lines and then all labels, so no line hides a label."""
    for line in arrow_lines:
        group = _add(parent, "g", "arrow", data_source=line.arrow.source, data_target=line.arrow.target)
        _add_note(group, line.arrow.note)
        _add(group, "path", "line", d=_path(line.curves))
        _add(group, "path", "head", d=_arrowhead(line.curves[-1]))
    for text, (x, y) in labels(arrow_lines):
        _add(parent, "text", "label", text, x=x, y=y + 3.5)


def _path(curves: Sequence[Curve]) -> str:
    parts = [" ".join(_point(*point) for point in curve[1:]) for curve in curves]
    return f"M{_point(*curves[0][0])} " + " ".join(f"C{part}" for part in parts)


def _arrowhead(curve: Curve) -> str:
    """Return a triangle with its tip at the curve's end. Curves end horizontally or vertically."""
    (before_x, before_y), (x, y) = curve[2:]
    along_x, along_y = _sign(x - before_x), _sign(y - before_y)
    back_x, back_y = x - _HEAD * along_x, y - _HEAD * along_y
    aside_x, aside_y = _HEAD / 2 * along_y, _HEAD / 2 * along_x
    corners = (_point(back_x + aside_x, back_y + aside_y), _point(back_x - aside_x, back_y - aside_y))
    return f"M{_point(x, y)} L{corners[0]} L{corners[1]} Z"


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


def _point(x: float, y: float) -> str:
    return f"{_text(x)},{_text(y)}"


def _legend_width(kind: str) -> float:
    return 34 + width(kind, SMALL)


def _add_legend(parent: Element, tones: Mapping[str, str], y: float) -> None:
    x = 0.0
    for kind, tone in tones.items():
        group = _add(parent, "g", " ".join(["key", *kind.split(), tone]))
        _add_rect(group, Area(x, y, 14, 14), 3)
        _add(group, "text", text=kind.replace("-", " "), x=x + 20, y=y + 11)
        x += _legend_width(kind)
