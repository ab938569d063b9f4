"""The newest value of each series: as a bar, or as a number."""

from collections.abc import Sequence
from html import escape

from .drawing import Drawn
from .palette import color, own
from .scales import Scale
from .units import measured


def bars(drawn: Sequence[Drawn]) -> str:
    """Return one bar for each series, as long as its newest value."""
    scale = Scale.fitting([newest(one) for one in drawn])
    items = [
        f'<li><span>{escape(one.label)}</span><span class="rail"><span class="own" style="--own: '
        f'{escape(color(one, index))}; width: {100 * scale.share(max(newest(one), 0.0)):.1f}%"></span></span>'
        f"<b>{_newest(one)}</b></li>"
        for index, one in enumerate(drawn)
    ]
    return f'<ul class="bars">{"".join(items)}</ul>'


def tiles(drawn: Sequence[Drawn]) -> str:
    """Return a number for each series."""
    shown = [
        f'<li class="tile own" {own(color(one, index))}><strong>{_newest(one)}</strong>'
        f"<span>{escape(one.label)}</span></li>"
        for index, one in enumerate(drawn)
    ]
    return f'<ul class="tiles">{"".join(shown)}</ul>'


def newest(one: Drawn) -> float:
    """Return the value of a series' last period that has one."""
    return one.series.points[max(one.series.points)]


def _newest(one: Drawn) -> str:
    return escape(measured(newest(one), one.series.unit))
