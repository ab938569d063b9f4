"""A widget as HTML, at its position in the dashboard's grid."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from markdown_it import MarkdownIt

from bounded_context_cli.views.pages import preformatted
from bounded_context_local.metric_math.series import Recorded

from .drawing import Drawn, drawing
from .plots import colored, plot
from .scales import Scale, measured

Properties = Mapping[str, Any]

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table")
_LOWER: Final = {"h1": "h3", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6"}
"""The levels of headings in text widgets, which are below the page's headings."""


def widget(given: Mapping[str, Any], identity: str, recorded: Recorded, states: Mapping[str, str]) -> str:
    """Return a widget as HTML.

    Args:
        given: the widget, as in a dashboard's body.
        identity: the id of its element in the page.
        recorded: the samples of the run.
        states: the state of each alarm, by its name.
    """
    kind, properties = given["type"], given["properties"]
    match kind:
        case "text":
            kind += " bare" if properties.get("background") == "transparent" else ""
            content = f'<div class="markdown">{_markdown(properties["markdown"])}</div>'
        case "metric":
            content = _metric(properties, recorded, states)
        case "alarm":
            content = _alarms(properties["alarms"], states)
        case "log":
            content = _note("A query of CloudWatch Logs Insights, which runs on AWS only.")
            content += preformatted(properties["query"], "query")
        case _:
            content = _note(f"A widget of type {kind} is not drawn here.")
    title = f"<h4>{escape(properties['title'])}</h4>" if properties.get("title") else ""
    return f'<section class="widget {escape(kind)}" id="{identity}" style="{_place(given)}">{title}{content}</section>'


def _place(given: Mapping[str, Any]) -> str:
    width, height = given.get("width", 6), given.get("height", 6)
    if "x" not in given or "y" not in given:
        return f"grid-column: span {width}; grid-row: span {height}"
    return f"grid-column: {given['x'] + 1} / span {width}; grid-row: {given['y'] + 1} / span {height}"


def _markdown(markdown: str) -> str:
    """Return Markdown as HTML; HTML in it is escaped."""
    tokens = _MARKDOWN.parse(markdown)
    for token in tokens:
        token.tag = _LOWER.get(token.tag, token.tag)
    return _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})


def _metric(properties: Properties, recorded: Recorded, states: Mapping[str, str]) -> str:
    result = drawing(properties, recorded)
    parts: list[str] = []
    if watched := properties.get("annotations", {}).get("alarms"):
        parts.append(_alarms(watched, states))
    if result.drawn:
        parts.append(_drawn(properties, result.drawn, recorded.seconds))
    parts += [_labels("empty", f"No data. {reason}", labels) for reason, labels in result.without_data.items()]
    parts += [_labels("note", f"{reason}, so it is shown as 0", labels) for reason, labels in result.as_zero.items()]
    parts += [_note(f"Not calculated here: {expression}.") for expression in result.not_calculated]
    return "".join(parts)


def _drawn(properties: Properties, drawn: Sequence[Drawn], seconds: int) -> str:
    match properties.get("view", "timeSeries"):
        case "timeSeries":
            return plot(properties, drawn, seconds)
        case "bar":
            return _bars(drawn)
        case "singleValue":
            return _tiles(drawn)
        case view:
            return _note(f"The view {view} is not drawn here: these are the newest values.") + _tiles(drawn)


def _bars(drawn: Sequence[Drawn]) -> str:
    """Return one bar per series, with the length of its newest value."""
    scale = Scale.fitting([series.newest for series in drawn])
    items = [
        f'<li><span>{escape(series.label)}</span><span class="rail"><span class="own" style="--own: '
        f'{escape(series.color)}; width: {100 * scale.share(max(series.newest, 0.0)):.1f}%"></span></span>'
        f"<b>{_newest(series)}</b></li>"
        for series in drawn
    ]
    return f'<ul class="bars">{"".join(items)}</ul>'


def _tiles(drawn: Sequence[Drawn]) -> str:
    """Return one number per series."""
    items = [
        f'<li class="tile own" {colored(series.color)}><strong>{_newest(series)}</strong>'
        f"<span>{escape(series.label)}</span></li>"
        for series in drawn
    ]
    return f'<ul class="tiles">{"".join(items)}</ul>'


def _newest(series: Drawn) -> str:
    return escape(measured(series.newest, series.series.unit))


def _alarms(arns: Sequence[str], states: Mapping[str, str]) -> str:
    names = [arn.rpartition(":")[2] for arn in arns]
    alarms = [(name, states.get(name, "NOT DEPLOYED")) for name in names]
    items = [_alarm(name, state) for name, state in sorted(alarms, key=lambda alarm: alarm[1] == "OK")]
    return f'<ul class="alarms">{"".join(items)}</ul>'


def _alarm(name: str, state: str) -> str:
    return f'<li class="{state.lower().replace(" ", "_")}"><b>{escape(state)}</b> {escape(name)}</li>'


def _labels(kind: str, reason: str, labels: Iterable[str]) -> str:
    return f'<p class="{kind}"><b>{escape(reason)}:</b> {escape(", ".join(labels))}</p>'


def _note(sentence: str) -> str:
    return f'<p class="note">{escape(sentence)}</p>'
