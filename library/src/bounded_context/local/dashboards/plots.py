"""Lines or areas over time as SVG, which takes whatever room the tile has; its words stand beside it as HTML.

So they have one size on a wide screen and on a phone. A line is as thick everywhere, and a mark is as round.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any, Final

from .drawing import Drawn
from .limits import Limit, limits
from .palette import color, own
from .scales import Scale
from .units import common, measured, number

_SIDE: Final = 1000
"""The width and the height of the drawing, in units of its own."""

_MARKED: Final = 60
"""Points of a line, each of which has a mark; of a longer one only those that stand alone."""

Path = list[tuple[float, float]]


@dataclass(frozen=True)
class _Axis:
    """One side: its scale, its unit, what is drawn on it with its index, and its limits."""

    scale: Scale
    unit: str
    drawn: Sequence[tuple[int, Drawn]]
    limits: Sequence[Limit]


def plot(properties: Mapping[str, Any], drawn: Sequence[Drawn], seconds: int) -> str:
    """Return a plot with its axes and its legend; stacked, if the widget is.

    `data-traces` and `data-points` say what must be seen in it.
    """
    stacked = properties.get("stacked", False)
    axes = [axis for right in (False, True) if (axis := _axis(properties, drawn, right=right, stacked=stacked))]
    time = Scale.fitting([float(max(seconds, 1))])
    points = sum(len(one.series.points) for one in drawn)
    body = [*_grid(axes[0].scale), *(part for axis in axes for part in _axis_body(axis, time, stacked=stacked))]
    title = properties.get("title", "")
    return "".join(
        [
            f'<div class="plot" role="img" aria-label="{escape(_said(title, drawn, seconds))}" ',
            f'data-traces="{len(drawn)}" data-points="{points}">',
            f'<div class="units"><span>{escape(axes[0].unit)}</span>',
            f"<span>{escape(axes[1].unit) if len(axes) > 1 else ''}</span></div>",
            _marks("left", axes[0].scale),
            f'<div class="field"><svg viewBox="0 0 {_SIDE} {_SIDE}" preserveAspectRatio="none">',
            f"{''.join(body)}</svg></div>",
            _marks("right", axes[1].scale) if len(axes) > 1 else "",
            f'<div class="time">{"".join(f"<span>{one} s</span>" for one in time.words)}</div></div>',
            _legend(drawn, axes),
        ]
    )


def _axis(properties: Mapping[str, Any], drawn: Sequence[Drawn], *, right: bool, stacked: bool) -> _Axis | None:
    own_ones = [(index, one) for index, one in enumerate(drawn) if one.right == right]
    if not own_ones:
        return None
    found = [one for one in limits(properties) if one.right == right]
    asked = properties.get("yAxis", {}).get("right" if right else "left", {})
    unit = asked.get("label") or common({one.series.unit for _, one in own_ones})
    scale = Scale.fitting(_values([one for _, one in own_ones], stacked=stacked), [one.value for one in found])
    return _Axis(scale, unit, own_ones, found)


def _values(drawn: Sequence[Drawn], *, stacked: bool) -> list[float]:
    values = [value for one in drawn for value in one.series.points.values()]
    return values + [top for _, top in _stacks(drawn)[-1]] if stacked else values


def _stacks(drawn: Sequence[Drawn]) -> list[Path]:
    """Return the upper edge of each area, the ground first; a period without a value adds nothing."""
    beside = (-1, 0, 1)
    near = {start + step * one.series.period for one in drawn for start in one.series.points for step in beside}
    starts = sorted(start for start in near if start >= 0)
    edges: list[Path] = [[(start, 0.0) for start in starts]]
    for one in drawn:
        own_ones = (one.series.points.get(start, 0.0) for start in starts)
        edges.append([(start, below + value) for (start, below), value in zip(edges[-1], own_ones, strict=True)])
    return edges


def _axis_body(axis: _Axis, time: Scale, *, stacked: bool) -> Iterator[str]:
    edges = _stacks([one for _, one in axis.drawn]) if stacked else []
    for number_, (index, one) in enumerate(axis.drawn):
        inner = _area(one, edges[number_], edges[number_ + 1], axis, time) if stacked else _line(one, axis, time)
        yield (
            f'<g class="trace own" {own(color(one, index))} data-points="{len(one.series.points)}">'
            f"<title>{escape(_told(one))}</title>{inner}</g>"
        )
    for limit in axis.limits:
        if axis.scale.shows(limit.value):
            height = _place((0, limit.value), axis, time)[1]
            yield f'<path class="limit own" {own(limit.color)} d="M0 {height}H{_SIDE}"/>'


def _line(one: Drawn, axis: _Axis, time: Scale) -> str:
    pieces = list(_unbroken(one))
    drawn = "".join(_path([_place(point, axis, time) for point in piece]) for piece in pieces if len(piece) > 1)
    marked = [point for piece in pieces for point in piece if len(one.series.points) <= _MARKED or len(piece) == 1]
    return f'<path class="line" d="{drawn}"/><path class="marks" d="{_dots(marked, axis, time)}"/>'


def _unbroken(one: Drawn) -> Iterator[Path]:
    """Yield the pieces of a line: as in CloudWatch, it has a gap where a period has no value."""
    points = sorted(one.series.points.items())
    piece: Path = [points[0]]
    for before, after in pairwise(points):
        if after[0] - before[0] > one.series.period:
            yield piece
            piece = []
        piece.append(after)
    yield piece


def _area(one: Drawn, lower: Path, upper: Path, axis: _Axis, time: Scale) -> str:
    measured_ = [point for point in upper if point[0] in one.series.points]
    marks = _dots(measured_, axis, time) if len(measured_) <= _MARKED else ""
    round_ = _path([_place(point, axis, time) for point in (*upper, *reversed(lower))])
    return f'<path class="area" d="{round_}Z"/><path class="marks" d="{marks}"/>'


def _dots(points: Path, axis: _Axis, time: Scale) -> str:
    """Return lines of no length, which are round: the style gives them a thickness and round ends."""
    return "".join(f"M{x} {y}h0" for x, y in (_place(point, axis, time) for point in points))


def _place(point: tuple[float, float], axis: _Axis, time: Scale) -> tuple[int, int]:
    return round(time.share(point[0]) * _SIDE), round((1 - axis.scale.share(point[1])) * _SIDE)


def _path(points: Sequence[tuple[int, int]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)


def _grid(scale: Scale) -> Iterator[str]:
    heights = [round((1 - scale.share(mark)) * _SIDE) for mark in scale.marks]
    yield f'<path class="grid-lines" d="{"".join(f"M0 {height}H{_SIDE}" for height in heights)}"/>'


def _marks(side: str, scale: Scale) -> str:
    return f'<div class="{side}">{"".join(f"<span>{word}</span>" for word in reversed(scale.words))}</div>'


def _legend(drawn: Sequence[Drawn], axes: Sequence[_Axis]) -> str:
    """Return what each line is and the most that it came to, and the limits, also those that are beyond the scale."""
    items = [
        f'<li class="own" {own(color(one, index))}>{escape(one.label)} <b>max {escape(_most(one))}</b></li>'
        for index, one in enumerate(drawn)
    ]
    for axis in axes:
        for limit in axis.limits:
            beyond = "" if axis.scale.shows(limit.value) else ", beyond this scale"
            label = escape(f"{limit.label or 'limit'} ({number(limit.value)}{beyond})")
            items.append(f'<li class="own dashed" {own(limit.color)}>{label}</li>')
    return f'<ul class="legend">{"".join(items)}</ul>'


def _most(one: Drawn) -> str:
    return measured(max(one.series.points.values()), one.series.unit)


def _told(one: Drawn) -> str:
    """Return a series in words, for whoever rests a pointer on it: its points, or of a long one the ends of it."""
    points = sorted(one.series.points.items())
    shown = points if len(points) <= _MARKED else [points[0], points[-1]]
    return f"{one.label}: " + ", ".join(f"{measured(value, one.series.unit)} at {at} s" for at, value in shown)


def _said(title: str, drawn: Sequence[Drawn], seconds: int) -> str:
    """Return a plot in words, for whoever cannot see it."""
    return f"{title or 'Values'} over {seconds} s: " + "; ".join(f"{one.label} at most {_most(one)}" for one in drawn)
