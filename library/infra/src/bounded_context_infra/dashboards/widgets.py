"""The widgets of a dashboard, and their layout in rows as wide as the dashboard.

The form is CloudWatch's "Dashboard Body Structure and Syntax"; the limits are there and in "CloudWatch service quotas".
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

MOST_WIDGETS = 500
"""Maximum widgets of a dashboard."""

MOST_METRICS = 500
"""Maximum metrics of a widget."""

MOST_METRICS_OF_ALL = 2500
"""Maximum metrics of a dashboard."""

MOST_ALARMS = 100
"""Maximum alarms of an alarm widget."""

MINUTE = 60
FIVE_MINUTES = 300
DAY = 86_400

GOOD = "#2ca02c"
BAD = "#d62728"
WORSE = "#7f0000"
DOUBTFUL = "#ff7f0e"

Metric = list[Any]
"""Namespace, name, each dimension's name and value, and rendering properties; or an expression's rendering
properties."""


@dataclass(frozen=True)
class Widget:
    """A widget; its row determines its width."""

    kind: Literal["text", "metric", "alarm"]
    height: int
    properties: Mapping[str, Any]

    @property
    def is_empty(self) -> bool:
        """Whether the widget has no content."""
        content = {"text": "markdown", "metric": "metrics", "alarm": "alarms"}[self.kind]
        return not self.properties[content]


def metric(namespace: str, name: str, dimensions: Mapping[str, str], **drawn: Any) -> Metric:
    """Return a metric; `drawn` are its rendering properties, such as label, stat, color, yAxis."""
    pairs = [part for pair in dimensions.items() for part in pair]
    return [namespace, name, *pairs, *([drawn] if drawn else [])]


def text(markdown: str, height: int = 1) -> Widget:
    """Return a text without a frame."""
    return Widget("text", height, {"markdown": markdown, "background": "transparent"})


def graph(
    title: str, metrics: Iterable[Metric], *, stat: str = "Sum", period: int = FIVE_MINUTES, **more: Any
) -> Widget:
    """Return lines over time, from zero; `more` are further properties, such as stacked or annotations."""
    properties = {
        "title": title,
        "view": "timeSeries",
        "metrics": list(metrics),
        "stat": stat,
        "period": period,
        "yAxis": {"left": {"min": 0}},
    }
    return Widget("metric", 6, properties | more)


def numbers(title: str, metrics: Iterable[Metric]) -> Widget:
    """Return each metric's sum of a day as a number."""
    properties = {
        "title": title,
        "view": "singleValue",
        "metrics": list(metrics),
        "stat": "Sum",
        "period": DAY,
    }
    return Widget("metric", 4, properties)


def line(label: str, value: float) -> dict[str, Any]:
    """Return the annotations of a graph for a limit."""
    return {"horizontal": [{"label": label, "value": value, "color": BAD, "fill": "above"}]}


def alarms(title: str, arns: Sequence[str]) -> list[Widget]:
    """Return the states of the given alarms, active alarms first, in as many widgets as needed."""
    chunks = [arns[start : start + MOST_ALARMS] for start in range(0, len(arns), MOST_ALARMS)]
    return [_alarms(title, chunk) for chunk in chunks]


def _alarms(title: str, arns: Sequence[str]) -> Widget:
    # Three alarms fit side by side into half of the dashboard; beyond six rows the widget scrolls.
    height = 2 + min(math.ceil(len(arns) / 3), 6)
    return Widget("alarm", height, {"title": title, "alarms": list(arns), "sortBy": "stateUpdatedTimestamp"})


WIDTH = 24
"""Columns of a dashboard."""

Row = Sequence[Widget]
Section = Sequence[Row]


def section(title: str, *rows: Row) -> Section:
    """Return a heading and its rows without empty widgets; an empty section if all widgets are empty."""
    full = [widgets for row in rows if (widgets := [widget for widget in row if not widget.is_empty])]
    return [[text(f"## {title}")], *full] if full else []


def rows(widgets: Sequence[Widget], across: int) -> Section:
    """Return the widgets in rows of `across` widgets."""
    return [widgets[start : start + across] for start in range(0, len(widgets), across)]


def body(region: str, start: str, *sections: Section) -> dict[str, Any]:
    """Return the dashboard: the sections from top to bottom, over the time from `start`, such as -PT3H, until now."""
    placed: list[dict[str, Any]] = []
    top = 0
    for row in chain(*sections):
        placed += _positions(row, top, region)
        top += max(widget.height for widget in row)
    # Each graph keeps its own period. Otherwise a sum of a day would become a sum of five minutes.
    return {"start": start, "periodOverride": "inherit", "widgets": placed}


def _positions(row: Row, top: int, region: str) -> Iterator[dict[str, Any]]:
    height = max(widget.height for widget in row)
    for number, widget in enumerate(row):
        left, right = (WIDTH * edge // len(row) for edge in (number, number + 1))
        where = {"region": region} if widget.kind == "metric" else {}
        yield {
            "type": widget.kind,
            "x": left,
            "y": top,
            "width": right - left,
            "height": height,
            "properties": {**widget.properties, **where},
        }
