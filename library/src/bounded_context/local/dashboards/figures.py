"""Plotly figures of what a metric widget draws: lines and areas over time, or bars."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

from .drawing import Drawn

COLORS = ("#3987e5", "#e0812f", "#28a17a", "#d34e62", "#8f6fdb", "#b08a12", "#18a0b5", "#c4569c", "#7c8894", "#6b9c45")
"""They can be read on white and on near black, and told apart."""

CLEAR = "rgba(0,0,0,0)"
AXES = {"left": "yaxis", "right": "yaxis2"}
FEW = 5
UNITLESS = ("", "None")


def over_time(properties: Mapping[str, Any], drawn: Sequence[Drawn], seconds: int) -> go.Figure:
    """Return lines with a point for each period, or areas on each other where the widget is stacked."""
    stacked = properties.get("stacked", False)
    figure = go.Figure([_trace(one, index, stacked=stacked) for index, one in enumerate(drawn)])
    figure.update_layout(**_layout(), hovermode="x unified", xaxis=_time(seconds))
    fixed = properties.get("annotations", {}).get("horizontal", [])
    for side, axis in AXES.items():
        if shown := [one for one in drawn if one.right == (side == "right")]:
            figure.update_layout({axis: _axis(properties.get("yAxis", {}).get(side, {}), shown, side)})
            if not fixed and _few(shown):
                figure.update_layout({axis: {"dtick": 1}})
    _annotate(figure, fixed)
    return figure


def bars(properties: Mapping[str, Any], drawn: Sequence[Drawn]) -> go.Figure:
    """Return one bar for each series, as long as its newest value."""
    figure = go.Figure()
    for index, one in enumerate(drawn):
        label, value = escape(one.label, quote=False), newest(one)
        figure.add_bar(y=[label], x=[value], text=[f"{value:,.6g}"], orientation="h", marker_color=color(one, index))
    figure.update_layout(**_layout(), xaxis={"rangemode": "tozero"})
    figure.update_yaxes(autorange="reversed", automargin=True)
    _annotate(figure, properties.get("annotations", {}).get("horizontal", []), across=True)
    return figure


def newest(one: Drawn) -> float:
    """Return the value of a series' last period that has one."""
    return one.series.points[max(one.series.points)]


def color(one: Drawn, index: int) -> str:
    """Return the colour of a widget's series: its own, or the next."""
    return one.color or COLORS[index % len(COLORS)]


def _trace(one: Drawn, index: int, *, stacked: bool) -> go.Scatter:
    starts = _starts(one, stacked=stacked)
    return go.Scatter(
        x=starts,
        y=[one.series.points.get(start) for start in starts],
        name=escape(one.label, quote=False),
        mode="lines+markers",
        line={"color": color(one, index), "width": 1.8},
        marker={"size": 6},
        cliponaxis=False,
        stackgroup=("right" if one.right else "left") if stacked else None,
        yaxis="y2" if one.right else "y",
    )


def _starts(one: Drawn, *, stacked: bool) -> list[int]:
    """Return the seconds at which a line has a point or, as in CloudWatch, a gap."""
    found = one.series.points
    return list(found) if stacked else list(range(min(found), max(found) + 1, one.series.period))


def _layout() -> dict[str, Any]:
    return {
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"size": 12},
        "showlegend": False,
    }


def _time(seconds: int) -> dict[str, Any]:
    return {"range": [-0.5, seconds], "ticksuffix": " s", "zeroline": False}


def _axis(asked: Mapping[str, Any], drawn: Sequence[Drawn], side: str) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "title": {"text": escape(asked.get("label") or _unit(drawn), quote=False), "standoff": 6},
        "automargin": True,
        **_range(asked.get("min"), asked.get("max"), from_zero=_no_negative(drawn)),
    }
    return axis | ({"overlaying": "y", "side": "right", "showgrid": False} if side == "right" else {})


def _range(least: float | None, most: float | None, *, from_zero: bool) -> dict[str, Any]:
    """Return the range that the widget asks for; what it leaves open is made to fit."""
    fitting = {(True, True): True, (True, False): "min", (False, True): "max", (False, False): False}
    asked = {"range": [least, most], "autorange": fitting[least is None, most is None]}
    return asked | {"rangemode": "tozero" if from_zero else "normal"}


def _few(drawn: Sequence[Drawn]) -> bool:
    """Whether these are small counts: half a list is no mark on an axis."""
    values = [value for one in drawn for value in one.series.points.values()]
    return max(values) <= FEW and all(value == round(value) for value in values)


def _no_negative(drawn: Sequence[Drawn]) -> bool:
    return all(min(one.series.points.values()) >= 0 for one in drawn)


def _unit(drawn: Sequence[Drawn]) -> str:
    units = {one.series.unit for one in drawn}
    unit = units.pop() if len(units) == 1 else ""
    return "" if unit in UNITLESS else unit


def _annotate(figure: go.Figure, annotations: Sequence[Any], *, across: bool = False) -> None:
    """Draw the widget's lines at fixed values; a band is its two lines."""
    for one in annotations:
        for line in one if isinstance(one, list) else [one]:
            side = "y2" if line.get("yAxis") == "right" else "y"
            place = _span("x", "y") if across else _span(side, "x")
            value = {"x0": line["value"], "x1": line["value"]} if across else {"y0": line["value"], "y1": line["value"]}
            figure.add_shape(
                type="line",
                line={"color": line.get("color", "#d34e62"), "dash": "dash", "width": 1.5},
                label=_beside(line.get("label", "")),
                **place,
                **value,
            )


def _beside(text: str) -> dict[str, Any]:
    return {"text": escape(text, quote=False), "textposition": "start", "xanchor": "left", "yanchor": "top"}


def _span(along: str, across: str) -> dict[str, Any]:
    """Return a place at a value of one axis, from one end of the other to its other end."""
    return {f"{along[0]}ref": along, f"{across}ref": "paper", f"{across}0": 0, f"{across}1": 1}
