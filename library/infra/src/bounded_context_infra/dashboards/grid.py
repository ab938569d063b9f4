"""The layout of a dashboard: sections of rows, each row as wide as the dashboard."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from .widgets import Widget, text

WIDTH = 24
"""Columns of a dashboard."""

Row = Sequence[Widget]
Section = Sequence[Row]


def section(title: str, *rows: Row) -> Section:
    """Return a heading and its rows without empty widgets; an empty section if all widgets are empty."""
    full = [shown for row in rows if (shown := [widget for widget in row if not widget.is_empty])]
    return [[text(f"## {title}")], *full] if full else []


def rows(widgets: Sequence[Widget], across: int) -> Section:
    """Return the widgets in rows of `across` widgets."""
    return [widgets[start : start + across] for start in range(0, len(widgets), across)]


def body(region: str, start: str, *sections: Section) -> dict[str, Any]:
    """Return the dashboard: the sections from top to bottom, over the time from `start`, such as -PT3H, until now."""
    placed: list[dict[str, Any]] = []
    top = 0
    for row in chain(*sections):
        placed += _placed(row, top, region)
        top += max(widget.height for widget in row)
    # Each graph keeps its own period. Otherwise a sum of a day would become a sum of five minutes.
    return {"start": start, "periodOverride": "inherit", "widgets": placed}


def _placed(row: Row, top: int, region: str) -> Iterator[dict[str, Any]]:
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
