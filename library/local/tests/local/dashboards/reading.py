"""Reads a page of dashboards: its widgets, and what its plots draw."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_WIDGET = re.compile(r'<section class="widget[^>]*id="(?P<id>[^"]+)".*?</section>', re.DOTALL)
_PLOT = re.compile(r'data-traces="(?P<series>\d+)" data-points="(?P<points>\d+)"')
_TRACE = re.compile(r'<g class="trace[^>]*data-points="(?P<points>\d+)"[^>]*>(?P<inner>.*?)</g>', re.DOTALL)


@dataclass(frozen=True)
class Trace:
    """A series as it is drawn: how many points it stands for, and its paths."""

    points: int
    paths: str


@dataclass(frozen=True)
class Plot:
    """How many series and points a plot should show, and what it draws."""

    widget: str
    series: int
    points: int
    traces: Sequence[Trace]


def widgets(html: str) -> list[str]:
    """Return the ids of a page's widgets."""
    return [match["id"] for match in _WIDGET.finditer(html)]


def is_drawn_or_explained(html: str, widget: str) -> bool:
    """Whether a widget of metrics shows something, or says why there is nothing to see."""
    [markup] = [match[0] for match in _WIDGET.finditer(html) if match["id"] == widget]
    return any(f'class="{kind}' in markup for kind in ("plot", "tiles", "bars")) or "No data. N" in markup


def plots(html: str) -> list[Plot]:
    """Return the plots of a page."""
    return [
        Plot(match["id"], int(plot["series"]), int(plot["points"]), _traces(match[0]))
        for match in _WIDGET.finditer(html)
        if (plot := _PLOT.search(match[0]))
    ]


def _traces(html: str) -> list[Trace]:
    return [
        Trace(int(match["points"]), "".join(re.findall(r' d="([^"]*)"', match["inner"])))
        for match in _TRACE.finditer(html)
    ]
