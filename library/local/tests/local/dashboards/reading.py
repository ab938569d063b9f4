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
    return [found["id"] for found in _WIDGET.finditer(html)]


def is_drawn_or_explained(html: str, widget: str) -> bool:
    """Whether a widget of metrics shows something, or says why there is nothing to see."""
    [found] = [one[0] for one in _WIDGET.finditer(html) if one["id"] == widget]
    return any(f'class="{kind}' in found for kind in ("plot", "tiles", "bars")) or "No data. N" in found


def plots(html: str) -> list[Plot]:
    """Return the plots of a page."""
    return [
        Plot(found["id"], int(asked["series"]), int(asked["points"]), _traces(found[0]))
        for found in _WIDGET.finditer(html)
        if (asked := _PLOT.search(found[0]))
    ]


def _traces(html: str) -> list[Trace]:
    return [
        Trace(int(found["points"]), "".join(re.findall(r' d="([^"]*)"', found["inner"])))
        for found in _TRACE.finditer(html)
    ]
