"""One widget as HTML, in the place on the grid that the dashboard gives it."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go
from markdown_it import MarkdownIt

from .drawing import Drawn, drawing
from .figures import bars, color, newest, over_time
from .series import Recorded

Properties = Mapping[str, Any]
Draw = Callable[[Properties, Sequence[Drawn], int, str], str]

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
UNITS = {"Seconds": " s", "Milliseconds": " ms", "Percent": " %", "Bytes": " B"}


def widget(given: Mapping[str, Any], identity: str, recorded: Recorded, states: Mapping[str, str]) -> str:
    """Return a widget as HTML.

    Args:
        given: the widget, as in a dashboard's body.
        identity: the id of its element in the page.
        recorded: what it draws from.
        states: the state of each alarm, by its name.
    """
    kind, properties = given["type"], given["properties"]
    match kind:
        case "text":
            kind += " bare" if properties.get("background") == "transparent" else ""
            content = f'<div class="markdown">{MARKDOWN.render(properties["markdown"])}</div>'
        case "metric":
            content = _metric(properties, identity, recorded, states)
        case "alarm":
            content = _alarms(properties["alarms"], states)
        case "log":
            content = _note("A query of logs: CloudWatch Logs Insights answers it on AWS.") + _code(properties["query"])
        case _:
            content = _note(f"A widget of type {kind} is not drawn here.")
    title = f"<h3>{escape(properties['title'])}</h3>" if properties.get("title") else ""
    return f'<section class="widget {escape(kind)}" id="{identity}" style="{_place(given)}">{title}{content}</section>'


def _place(given: Mapping[str, Any]) -> str:
    width, height = given.get("width", 6), given.get("height", 6)
    if "x" not in given or "y" not in given:
        return f"grid-column: span {width}; grid-row: span {height}"
    return f"grid-column: {given['x'] + 1} / span {width}; grid-row: {given['y'] + 1} / span {height}"


def _metric(properties: Properties, identity: str, recorded: Recorded, states: Mapping[str, str]) -> str:
    made = drawing(properties, recorded)
    parts: list[str] = []
    if watched := properties.get("annotations", {}).get("alarms"):
        parts.append(_alarms(watched, states))
    # Before the plot, which fits itself into what the rest leaves when it is drawn; they are shown below it.
    if made.without_data:
        parts.append(f'<p class="empty"><b>No data:</b> {escape(", ".join(made.without_data))}</p>')
    parts += [_note(f"Not calculated here: {what}.") for what in made.not_calculated]
    if made.drawn:
        parts.append(_drawn(properties, made.drawn, recorded.seconds, identity))
    return "".join(parts)


def _drawn(properties: Properties, drawn: Sequence[Drawn], seconds: int, identity: str) -> str:
    match properties.get("view", "timeSeries"):
        case "timeSeries":
            return _legend(drawn) + _plot(over_time(properties, drawn, seconds), drawn, identity)
        case "bar":
            return _plot(bars(properties, drawn), drawn, identity)
        case "singleValue":
            return _tiles(drawn)
        case view:
            return _note(f"The view {view} is not drawn here: these are the newest values.") + _tiles(drawn)


def _legend(drawn: Sequence[Drawn]) -> str:
    """Return the labels with their colours: Plotly's own legend takes the place of a small widget's lines."""
    items = [
        f'<li style="--own: {escape(color(one, index))}">{escape(one.label)}</li>' for index, one in enumerate(drawn)
    ]
    return f'<ul class="legend">{"".join(items)}</ul>'


def _plot(figure: go.Figure, drawn: Sequence[Drawn], identity: str) -> str:
    """Return the figure's element; `data-traces` and `data-points` say what must be seen in it."""
    points = sum(len(one.series.points) for one in drawn)
    inner = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id=f"{identity}-plot",
        default_height="100%",
        config={"displayModeBar": False, "responsive": True},
    )
    return f'<div class="plot" data-traces="{len(drawn)}" data-points="{points}">{inner}</div>'


def _tiles(drawn: Sequence[Drawn]) -> str:
    tiles = [
        f'<div class="tile" style="--own: {escape(color(one, index))}">'
        f"<strong>{_number(newest(one))}{UNITS.get(one.series.unit, '')}</strong><span>{escape(one.label)}</span></div>"
        for index, one in enumerate(drawn)
    ]
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"


def _alarms(arns: Sequence[str], states: Mapping[str, str]) -> str:
    names = [arn.rpartition(":")[2] for arn in arns]
    given = [(name, states.get(name, "NOT DEPLOYED")) for name in names]
    items = [_alarm(name, state) for name, state in sorted(given, key=lambda one: one[1] == "OK")]
    return f'<ul class="alarms">{"".join(items)}</ul>'


def _alarm(name: str, state: str) -> str:
    return f'<li class="{state.lower().replace(" ", "_")}"><b>{escape(state)}</b> {escape(name)}</li>'


def _note(sentence: str) -> str:
    return f'<p class="note">{escape(sentence)}</p>'


def _code(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"
