"""The HTML page with the deployed dashboards of a run, in CloudWatch's layout. It works offline."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, Final

from markdown_it import MarkdownIt

from bounded_context_cli.views.pages import facts, preformatted
from bounded_context_cli.views.pages import page as html_page
from bounded_context_local.emulator.aws import Aws
from bounded_context_local.observation.logs import Sample
from bounded_context_local.provider.program import STACK
from bounded_context_local.running.context import RunningContext

from .. import metric_math
from ..metric_math import Recorded
from . import Drawn, drawing
from .plots import Scale, colored, measured, plot

Properties = Mapping[str, Any]

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table")
_LOWER: Final = {"h1": "h3", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6"}
"""The levels of headings in text widgets, which are below the page's headings."""


def widget(declared: Mapping[str, Any], identity: str, recorded: Recorded, states: Mapping[str, str]) -> str:
    """Return a widget as HTML.

    Args:
        declared: the widget, as in a dashboard's body.
        identity: the id of its element in the page.
        recorded: the samples of the run.
        states: the state of each alarm, by its name.
    """
    kind, properties = declared["type"], declared["properties"]
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
    return (
        f'<section class="widget {escape(kind)}" id="{identity}" style="{_place(declared)}">{title}{content}</section>'
    )


def _place(declared: Mapping[str, Any]) -> str:
    width, height = declared.get("width", 6), declared.get("height", 6)
    if "x" not in declared or "y" not in declared:
        return f"grid-column: span {width}; grid-row: span {height}"
    return f"grid-column: {declared['x'] + 1} / span {width}; grid-row: {declared['y'] + 1} / span {height}"


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
    if result.traces:
        parts.append(_view(properties, result.traces, recorded.seconds))
    parts += [_labels("empty", f"No data. {reason}", labels) for reason, labels in result.without_data.items()]
    parts += [_labels("note", f"{reason}, so it is shown as 0", labels) for reason, labels in result.as_zero.items()]
    parts += [_note(f"Not calculated here: {expression}.") for expression in result.not_calculated]
    return "".join(parts)


def _view(properties: Properties, traces: Sequence[Drawn], seconds: int) -> str:
    match properties.get("view", "timeSeries"):
        case "timeSeries":
            return plot(properties, traces, seconds)
        case "bar":
            return _bars(traces)
        case "singleValue":
            return _tiles(traces)
        case view:
            return _note(f"The view {view} is not drawn here: these are the newest values.") + _tiles(traces)


def _bars(traces: Sequence[Drawn]) -> str:
    """Return one bar per series, with the length of its newest value."""
    scale = Scale.fitting([series.newest for series in traces])
    items = [
        f'<li><span>{escape(series.label)}</span><span class="rail"><span class="own" style="--own: '
        f'{escape(series.color)}; width: {100 * scale.share(max(series.newest, 0.0)):.1f}%"></span></span>'
        f"<b>{_newest(series)}</b></li>"
        for series in traces
    ]
    return f'<ul class="bars">{"".join(items)}</ul>'


def _tiles(traces: Sequence[Drawn]) -> str:
    """Return one number per series."""
    items = [
        f'<li class="tile own" {colored(series.color)}><strong>{_newest(series)}</strong>'
        f"<span>{escape(series.label)}</span></li>"
        for series in traces
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


_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_SHORTENED = (
    "Periods are shortened: 1 to 5 minutes on AWS are {tick} s here, and a day is the whole run. "
    "Times are seconds since the start of the run."
)


@dataclass(frozen=True)
class About:
    """The head of the page. `stand_ins` has a sentence for each difference from AWS."""

    title: str
    what: str
    stand_ins: Sequence[str] = ()


def page(about: About, bodies: Mapping[str, Any], recorded: Recorded, states: Mapping[str, str]) -> str:
    """Return the page as HTML.

    Args:
        about: the head of the page.
        bodies: the dashboards' bodies by their names.
        recorded: the samples of the run.
        states: the state of each alarm at the end, by its name.
    """
    body = [_about(about, recorded, states), *_contents(bodies)]
    for number, (name, dashboard) in enumerate(bodies.items()):
        body += _dashboard(name, dashboard, number, recorded, states)
    return html_page(about.title, body, _STYLE)


def _about(about: About, recorded: Recorded, states: Mapping[str, str]) -> str:
    started = datetime.fromtimestamp(recorded.started, UTC)
    return facts(
        {
            "Run": escape(about.what),
            "Started": f"{started:%Y-%m-%d %H:%M:%S} UTC, {recorded.seconds} s shown",
            "Measured": f"{len(recorded):,} values of {len(recorded.metrics):,} metrics",
            "Alarms": escape(_count(states)),
            "Time": escape(_SHORTENED.format(tick=recorded.tick)),
        }
    ) + _unlike_aws([*about.stand_ins, *_assumed(recorded.assumed)])


def _count(states: Mapping[str, str]) -> str:
    counted = Counter(states.values())
    deviating = sorted(f"{name} ({state})" for name, state in states.items() if state != "OK")
    numbers = ", ".join(f"{count} {state}" for state, count in sorted(counted.items()))
    return f"{numbers}: {', '.join(deviating)}" if deviating else numbers


def _assumed(names: Sequence[str]) -> list[str]:
    return [f"Not measured in this run, and shown as 0: {', '.join(names)}."] if names else []


def _unlike_aws(sentences: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    summary = f"<summary>Known differences from AWS: {len(sentences)}</summary>"
    return f"<details>{summary}<ul>{items}</ul></details>" if items else ""


def _contents(bodies: Mapping[str, Any]) -> Iterator[str]:
    links = [f'<a href="#d{number}">{escape(name)}</a>' for number, name in enumerate(bodies)]
    yield f'<nav aria-label="Dashboards">{"".join(links)}</nav>' if links else "<p>No dashboard is deployed.</p>"


def _dashboard(name: str, body: Any, number: int, recorded: Recorded, states: Mapping[str, str]) -> Iterator[str]:
    yield f'<h2 id="d{number}">{escape(name)}</h2>\n<div class="grid">'
    for index, declared in enumerate(body.get("widgets", [])):
        yield widget(declared, f"d{number}-w{index}", recorded, states)
    yield "</div>"


_ALARM = "aws:cloudwatch/metricAlarm:"


def draw(running: RunningContext, samples: Iterable[Sample], started: float, what: str, file: Path) -> None:
    """Write a page with the deployed dashboards and the samples from `started` (seconds since 1970) until now.

    `what` describes the run in the head of the page.
    """
    about = About(f"Dashboards of {running.context.name}, stack {STACK}", what, running.stand_ins)
    recorded = Recorded(samples, started, time.time())
    definitions = [inputs for label, inputs in running.deployment.inputs.items() if label.startswith(_ALARM)]
    states = _alarm_states(running.aws) | metric_math.states(definitions, recorded)
    file.write_text(page(about, bodies(running.aws), recorded, states), encoding="utf-8")


def bodies(aws: Aws) -> dict[str, Any]:
    """Return the body of each dashboard, by its name."""
    entries = aws.call("cloudwatch", "list_dashboards")["DashboardEntries"]
    names = sorted(entry["DashboardName"] for entry in entries)
    return {
        name: json.loads(aws.call("cloudwatch", "get_dashboard", DashboardName=name)["DashboardBody"]) for name in names
    }


def _alarm_states(aws: Aws) -> dict[str, str]:
    """Return the state of each alarm, by its name."""
    pages = aws.client("cloudwatch").get_paginator("describe_alarms")
    active = [
        alarm
        for page in pages.paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        for kind in ("MetricAlarms", "CompositeAlarms")
        for alarm in page.get(kind, [])
    ]
    return {alarm["AlarmName"]: alarm["StateValue"] for alarm in active}
