"""Plots of lines or areas over time, as SVG that scales to its tile, with marks at round values.

The labels are HTML next to the SVG, so scaling distorts neither text, line widths nor marks.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any, Final

from . import Drawn

_MARKS: Final = 4
"""The approximate number of intervals of an axis."""

_ROUND: Final = (1.0, 2.0, 5.0, 10.0)
_FAR: Final = 2.5
"""The maximum ratio of a limit to the greatest value; a higher limit would flatten the lines."""

_WORDS: Final[Mapping[str, str]] = {
    "Count": "number",
    "Seconds": "s",
    "Milliseconds": "ms",
    "Percent": "%",
    "Bytes": "B",
    "None": "",
}
_WITHOUT_UNIT: Final = ("", "Count", "None")


@dataclass(frozen=True)
class Scale:
    """A scale from `least` to `most` with a mark at each `step`, including both ends."""

    least: float
    most: float
    step: float

    @classmethod
    def fitting(cls, values: Sequence[float], limits: Sequence[float] = ()) -> "Scale":
        """Return a scale that includes zero and all values, with integer marks for integer values.

        It includes each limit of at most 2.5 times the greatest value.
        """
        least, most = min(0.0, *values), max(0.0, *values)
        most = max([most, *(limit for limit in limits if limit <= _FAR * most)])
        whole = all(value == round(value) for value in values)
        step = _step((most - least or 1.0) / _MARKS, whole=whole)
        return cls(math.floor(least / step) * step, math.ceil((most or step) / step) * step, step)

    @property
    def marks(self) -> list[float]:
        """The marks from the least to the most."""
        return [self.least + number * self.step for number in range(round((self.most - self.least) / self.step) + 1)]

    @property
    def words(self) -> list[str]:
        """The marks as text, all with the same decimals."""
        decimals = max(0, -math.floor(math.log10(self.step)))
        return [f"{mark:,.{decimals}f}" for mark in self.marks]

    def shows(self, value: float) -> bool:
        """Return whether a value is within the scale."""
        return self.least <= value <= self.most

    def share(self, value: float) -> float:
        """Return the position of a value, from 0 at `least` to 1 at `most`."""
        return (value - self.least) / (self.most - self.least)


def _step(about: float, *, whole: bool) -> float:
    unit = 10.0 ** math.floor(math.log10(about))
    step = next(unit * factor for factor in _ROUND if unit * factor >= about)
    return max(1.0, step) if whole else step


def _word(unit: str) -> str:
    """Return the axis label of a CloudWatch unit; empty for the unit None."""
    return _WORDS.get(unit, unit)


def common(units: Iterable[str]) -> str:
    """Return the label of an axis: its units, separated by commas."""
    return ", ".join(dict.fromkeys(filter(None, map(_word, sorted(units)))))


def number(value: float) -> str:
    """Format a value, with two decimals if not whole, or two digits below 1: `12,345.67`, `0.042`."""
    if value == round(value):
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.2g}"


def measured(value: float, unit: str) -> str:
    """Format a value with its unit, if it has a unit besides Count: `4.25 s`, `3`."""
    return number(value) if unit in _WITHOUT_UNIT else f"{number(value)} {_word(unit)}"


_SIDE: Final = 1000
"""The width and the height of the SVG's view box."""

_MARKED: Final = 60
"""Lines up to this number of points have a mark at each point; longer lines mark isolated points only."""

_LIMIT_COLOR: Final = "#d34e62"

Path = list[tuple[float, float]]


@dataclass(frozen=True)
class _Limit:
    """A horizontal line on the left or the right axis."""

    value: float
    label: str
    color: str
    right: bool


@dataclass(frozen=True)
class _Axis:
    """The left or the right axis with its series and limits."""

    scale: Scale
    unit: str
    traces: Sequence[Drawn]
    limits: Sequence[_Limit]


def plot(properties: Mapping[str, Any], traces: Sequence[Drawn], seconds: int) -> str:
    """Return the HTML of a plot with axes and legend, stacked if the widget is.

    `data-traces` and `data-points` count the series and the points, for tests of the rendered page.
    """
    stacked = properties.get("stacked", False)
    axes = [axis for right in (False, True) if (axis := _axis(properties, traces, right=right, stacked=stacked))]
    time = Scale.fitting([float(max(seconds, 1))])
    points = sum(len(trace.series.points) for trace in traces)
    body = [*_grid(axes[0].scale), *(part for axis in axes for part in _axis_body(axis, time, stacked=stacked))]
    title = properties.get("title", "")
    return "".join(
        [
            f'<div class="plot" role="img" aria-label="{escape(_description(title, traces, seconds))}" ',
            f'data-traces="{len(traces)}" data-points="{points}">',
            f'<div class="units"><span>{escape(axes[0].unit)}</span>',
            f"<span>{escape(axes[1].unit) if len(axes) > 1 else ''}</span></div>",
            _marks("left", axes[0].scale),
            f'<div class="field"><svg viewBox="0 0 {_SIDE} {_SIDE}" preserveAspectRatio="none">',
            f"{''.join(body)}</svg></div>",
            _marks("right", axes[1].scale) if len(axes) > 1 else "",
            f'<div class="time">{"".join(f"<span>{word} s</span>" for word in time.words)}</div></div>',
            _legend(traces, axes),
        ]
    )


def colored(color: str) -> str:
    """Return the style attribute with an element's colour."""
    return f'style="--own: {escape(color)}"'


def _limits(properties: Mapping[str, Any]) -> list[_Limit]:
    """Return the limits of a widget; a band counts as two limits."""
    annotations = properties.get("annotations", {}).get("horizontal", [])
    lines = [line for entry in annotations for line in (entry if isinstance(entry, list) else [entry])]
    return [
        _Limit(line["value"], line.get("label", ""), line.get("color", _LIMIT_COLOR), line.get("yAxis") == "right")
        for line in lines
    ]


def _axis(properties: Mapping[str, Any], traces: Sequence[Drawn], *, right: bool, stacked: bool) -> _Axis | None:
    on_axis = [trace for trace in traces if trace.right == right]
    if not on_axis:
        return None
    limits = [limit for limit in _limits(properties) if limit.right == right]
    settings = properties.get("yAxis", {}).get("right" if right else "left", {})
    unit = settings.get("label") or common({trace.series.unit for trace in on_axis})
    scale = Scale.fitting(_values(on_axis, stacked=stacked), [limit.value for limit in limits])
    return _Axis(scale, unit, on_axis, limits)


def _values(traces: Sequence[Drawn], *, stacked: bool) -> list[float]:
    values = [value for trace in traces for value in trace.series.points.values()]
    return values + [top for _, top in _stacks(traces)[-1]] if stacked else values


def _stacks(traces: Sequence[Drawn]) -> list[Path]:
    """Return the upper edge of each area, the base line first; a period without a value counts as 0."""
    neighbours = (-1, 0, 1)
    near = {
        start + step * trace.series.period for trace in traces for start in trace.series.points for step in neighbours
    }
    starts = sorted(start for start in near if start >= 0)
    edges: list[Path] = [[(start, 0.0) for start in starts]]
    for trace in traces:
        values = (trace.series.points.get(start, 0.0) for start in starts)
        edges.append([(start, below + value) for (start, below), value in zip(edges[-1], values, strict=True)])
    return edges


def _axis_body(axis: _Axis, time: Scale, *, stacked: bool) -> Iterator[str]:
    edges = _stacks(axis.traces) if stacked else []
    for index, trace in enumerate(axis.traces):
        inner = _area(trace, edges[index], edges[index + 1], axis, time) if stacked else _line(trace, axis, time)
        yield (
            f'<g class="trace own" {colored(trace.color)} data-points="{len(trace.series.points)}">'
            f"<title>{escape(_tooltip(trace))}</title>{inner}</g>"
        )
    for limit in axis.limits:
        if axis.scale.shows(limit.value):
            height = _place((0, limit.value), axis, time)[1]
            yield f'<path class="limit own" {colored(limit.color)} d="M0 {height}H{_SIDE}"/>'


def _line(trace: Drawn, axis: _Axis, time: Scale) -> str:
    pieces = list(_unbroken(trace))
    path = "".join(_path([_place(point, axis, time) for point in piece]) for piece in pieces if len(piece) > 1)
    marked = [point for piece in pieces for point in piece if len(trace.series.points) <= _MARKED or len(piece) == 1]
    return f'<path class="line" d="{path}"/><path class="marks" d="{_dots(marked, axis, time)}"/>'


def _unbroken(trace: Drawn) -> Iterator[Path]:
    """Yield the segments of a line, which has a gap at each period without a value, as in CloudWatch."""
    points = sorted(trace.series.points.items())
    piece: Path = [points[0]]
    for before, after in pairwise(points):
        if after[0] - before[0] > trace.series.period:
            yield piece
            piece = []
        piece.append(after)
    yield piece


def _area(trace: Drawn, lower: Path, upper: Path, axis: _Axis, time: Scale) -> str:
    measured_ = [point for point in upper if point[0] in trace.series.points]
    marks = _dots(measured_, axis, time) if len(measured_) <= _MARKED else ""
    round_ = _path([_place(point, axis, time) for point in (*upper, *reversed(lower))])
    return f'<path class="area" d="{round_}Z"/><path class="marks" d="{marks}"/>'


def _dots(points: Path, axis: _Axis, time: Scale) -> str:
    """Return zero-length lines, which the style's round line caps draw as dots."""
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


def _legend(traces: Sequence[Drawn], axes: Sequence[_Axis]) -> str:
    """Return each series with its maximum, and all limits, including limits outside the scale."""
    items = [
        f'<li class="own" {colored(trace.color)}>{escape(trace.label)} <b>max {escape(_most(trace))}</b></li>'
        for trace in traces
    ]
    for axis in axes:
        for limit in axis.limits:
            beyond = "" if axis.scale.shows(limit.value) else ", beyond this scale"
            label = escape(f"{limit.label or 'limit'} ({number(limit.value)}{beyond})")
            items.append(f'<li class="own dashed" {colored(limit.color)}>{label}</li>')
    return f'<ul class="legend">{"".join(items)}</ul>'


def _most(trace: Drawn) -> str:
    return measured(max(trace.series.points.values()), trace.series.unit)


def _tooltip(trace: Drawn) -> str:
    """Return the tooltip of a series: its points, or of a long series the first and the last."""
    points = sorted(trace.series.points.items())
    quoted = points if len(points) <= _MARKED else [points[0], points[-1]]
    return f"{trace.label}: " + ", ".join(f"{measured(value, trace.series.unit)} at {at} s" for at, value in quoted)


def _description(title: str, traces: Sequence[Drawn], seconds: int) -> str:
    """Return the description of a plot for screen readers."""
    return f"{title or 'Values'} over {seconds} s: " + "; ".join(
        f"{trace.label} at most {_most(trace)}" for trace in traces
    )
