"""Write a drawing as SVG with its own style, and without scripts, fonts or external addresses."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from .cells import Cell
from .curves import Curve, Line, lines
from .labels import labels
from .layout import Area, Layout, layout
from .shapes import Arrow, Box
from .style import STYLE, tones
from .text import LINE, SMALL, width

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
    found = layout(sorted(boxes), sorted(set(arrows)))
    legend = _legend(boxes)
    broad, high = max(found.width, _legend_width(legend)) + 2 * _MARGIN, found.height + 2 * _MARGIN + 28 * bool(legend)
    body = [*_frames(found), *_lines(found), *_boxes(boxes, found, legend), *_keys(legend, found.height + 14)]
    return "\n".join([*_opened(title, broad, high), *body, "</g>", "</svg>", ""])


def _check(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> None:
    keys = Counter(box.key for box in boxes)
    if twice := sorted(key for key, count in keys.items() if count > 1):
        raise ValueError(f"Several boxes have the key {twice[0]!r}.")
    if unknown := sorted({key for arrow in arrows for key in (arrow.source, arrow.target)} - set(keys)):
        raise ValueError(f"An arrow names {unknown[0]!r}, which is not a box.")


def _opened(title: str, broad: float, high: float) -> Iterator[str]:
    escaped_title, size = _text(title), f'width="{_number(broad)}" height="{_number(high)}"'
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="drawing" role="img" aria-label="{escaped_title}" {size} '
        f'viewBox="0 0 {_number(broad)} {_number(high)}">'
    )
    yield f"<title>{escaped_title}</title>"
    yield f"<style>{STYLE}</style>"
    yield f'<rect class="paper" {size} rx="8"/>'
    yield f'<g transform="translate({_MARGIN} {_MARGIN})">'


def _frames(found: Layout) -> Iterator[str]:
    for cell in found.cells:
        if cell.frame:
            yield from _frame(cell, found.areas[cell.key])


def _frame(cell: Cell, area: Area) -> Iterator[str]:
    yield f'<rect class="frame" {_at(area)} rx="8"/>'
    yield f'<text class="name" x="{_number(area.x + 10)}" y="{_number(area.y + 17)}">{_text(cell.frame)}</text>'


def _boxes(boxes: Sequence[Box], found: Layout, legend: Sequence[str]) -> Iterator[str]:
    tone_of = tones(legend)
    for box in sorted(boxes):
        area = found.boxes[box.key]
        classes = " ".join(["box", *box.kind.split(), *tone_of.get(box.kind, ())])
        yield f'<g class="{_text(classes)}" data-key="{_text(box.key)}">{_note(box.note)}'
        yield f'<rect {_at(area)} rx="5"/>'
        yield from _written(box.label, area)
        yield "</g>"


def _written(label: str, area: Area) -> Iterator[str]:
    """Yield the lines of a label, centred."""
    found = label.splitlines()
    x, y = area.x + area.width / 2, area.y + area.height / 2 - LINE * (len(found) - 1) / 2 + 4.5
    for number, line in enumerate(found):
        yield f'<text x="{_number(x)}" y="{_number(y + LINE * number)}">{_text(line)}</text>'


def _lines(found: Layout) -> Iterator[str]:
    """Yield all lines and then all labels, so that no line hides a label."""
    drawn = lines(found)
    for line in drawn:
        yield from _line(line)
    for text, (x, y) in labels(drawn):
        yield f'<text class="label" x="{_number(x)}" y="{_number(y + 3.5)}">{_text(text)}</text>'


def _line(line: Line) -> Iterator[str]:
    source, target = _text(line.arrow.source), _text(line.arrow.target)
    yield f'<g class="arrow" data-source="{source}" data-target="{target}">{_note(line.arrow.note)}'
    yield f'<path class="line" d="{_path(line.curves)}"/>'
    yield f'<path class="head" d="{_arrowhead(line.curves[-1])}"/>'
    yield "</g>"


def _path(curves: Sequence[Curve]) -> str:
    parts = [" ".join(_point(point) for point in curve[1:]) for curve in curves]
    return f"M{_point(curves[0][0])} " + " ".join(f"C{part}" for part in parts)


def _arrowhead(curve: Curve) -> str:
    """Return a triangle with its tip at the curve's end. Curves end horizontally or vertically."""
    (x, y), (before_x, before_y) = curve[3], curve[2]
    along = (_sign(x - before_x), _sign(y - before_y))
    back = (x - _HEAD * along[0], y - _HEAD * along[1])
    aside = (_HEAD / 2 * along[1], _HEAD / 2 * along[0])
    corners = [(x, y), (back[0] + aside[0], back[1] + aside[1]), (back[0] - aside[0], back[1] - aside[1])]
    return f"M{' L'.join(map(_point, corners))} Z"


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


def _legend(boxes: Sequence[Box]) -> list[str]:
    """Return the kinds if there are several."""
    kinds = sorted({box.kind for box in boxes} - {""})
    return kinds if len(kinds) > 1 else []


def _legend_width(kinds: Sequence[str]) -> float:
    return sum(_key_width(kind) for kind in kinds)


def _key_width(kind: str) -> float:
    return 34 + width(kind, SMALL)


def _keys(kinds: Sequence[str], y: float) -> Iterator[str]:
    x, tone_of = 0.0, tones(kinds)
    for kind in kinds:
        classes = _text(" ".join(["key", *kind.split(), *tone_of[kind]]))
        yield f'<g class="{classes}"><rect x="{_number(x)}" y="{_number(y)}" width="14" height="14" rx="3"/>'
        yield f'<text x="{_number(x + 20)}" y="{_number(y + 11)}">{_text(kind.replace("-", " "))}</text></g>'
        x += _key_width(kind)


def _note(note: str) -> str:
    return f"<title>{_text(note)}</title>" if note else ""


def _text(text: str) -> str:
    """Return a text escaped, without characters that XML does not allow."""
    return escape(_NO_XML.sub("", text))


def _at(area: Area) -> str:
    place = f'x="{_number(area.x)}" y="{_number(area.y)}"'
    return f'{place} width="{_number(area.width)}" height="{_number(area.height)}"'


def _point(point: tuple[float, float]) -> str:
    return f"{_number(point[0])},{_number(point[1])}"


def _number(number: float) -> str:
    return f"{round(number, 1) + 0:g}"
