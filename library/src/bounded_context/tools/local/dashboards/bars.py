"""The newest value of each series, as a bar or as a number."""

from collections.abc import Sequence
from html import escape

from .drawing import Drawn
from .palette import color, own
from .scales import Scale
from .units import measured


def bars(drawn: Sequence[Drawn]) -> str:
    """Return the HTML of one bar per series, with the length of its newest value."""
    scale = Scale.fitting([newest(item) for item in drawn])
    items = [
        f'<li><span>{escape(item.label)}</span><span class="rail"><span class="own" style="--own: '
        f'{escape(color(item, index))}; width: {100 * scale.share(max(newest(item), 0.0)):.1f}%"></span></span>'
        f"<b>{_newest(item)}</b></li>"
        for index, item in enumerate(drawn)
    ]
    return f'<ul class="bars">{"".join(items)}</ul>'


def tiles(drawn: Sequence[Drawn]) -> str:
    """Return the HTML of one number per series."""
    shown = [
        f'<li class="tile own" {own(color(item, index))}><strong>{_newest(item)}</strong>'
        f"<span>{escape(item.label)}</span></li>"
        for index, item in enumerate(drawn)
    ]
    return f'<ul class="tiles">{"".join(shown)}</ul>'


def newest(item: Drawn) -> float:
    """Return the newest value of a series."""
    return item.series.points[max(item.series.points)]


def _newest(item: Drawn) -> str:
    return escape(measured(newest(item), item.series.unit))
