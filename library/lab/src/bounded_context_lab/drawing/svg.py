"""Write a drawing as SVG with its own style, and without scripts, fonts or external addresses."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from .cells import Area
from .layout import Curve, Layout, Line, labels, layout, lines
from .shapes import LINE, SMALL, Arrow, Box, width

_STYLE: Final = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
"""The style sheet, for the light and the dark colour scheme. It only applies within `svg.drawing`."""

_TONES: Final = 10
"""The number of colours for kinds in the style sheet; repeated after the last colour."""

_MARGIN: Final = 20
_HEAD: Final = 7
"""The length of an arrow's head."""

_NO_XML: Final = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def svg(title: str, boxes: Sequence[Box], arrows: Sequence[Arrow]) -> str:
    """Draw boxes and arrows from left to right. Boxes without arrows are placed in a grid below.

    Arrows from one group to the same box join if they have the same label, which is written once.

    The output does not depend on the order of the input. A page may contain several drawings: there are no ids, and the
    style only applies within `svg.drawing`. Each box is a group with its kind as a class and its key as `data-key`.
    Each arrow is a group with `data-source` and `data-target`.

    Raises ValueError if two boxes have the same key, or if an arrow names an unknown box.
    """
    _check(boxes, arrows)
    placement, kinds = layout(sorted(boxes), sorted(set(arrows))), sorted({box.kind for box in boxes} - {""})
    legend = kinds if len(kinds) > 1 else []
    broad = max(placement.width, sum(map(_legend_width, legend))) + 2 * _MARGIN
    root = _root(title, broad, placement.height + 2 * _MARGIN + 28 * bool(legend))
    drawing = _add(root, "g", transform=f"translate({_MARGIN} {_MARGIN})")
    tones = {kind: f"tone-{number % _TONES}" for number, kind in enumerate(legend)}
    _add_frames(drawing, placement)
    _add_lines(drawing, lines(placement))
    for box in sorted(boxes):
        _add_box(drawing, box, placement.boxes[box.key], tones.get(box.kind, ""))
    _add_legend(drawing, tones, placement.height + 14)
    indent(root, "")
    return tostring(root, encoding="unicode") + "\n"


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
