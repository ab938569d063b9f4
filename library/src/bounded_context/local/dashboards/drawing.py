"""What a metric widget shows: its series with their labels, and what there is to say about the others."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..clock import shortened
from . import reasons, search
from .asked import Line, Metric, lines
from .expressions import Calculator
from .series import NotCalculated, Recorded, Series

_DYNAMIC = re.compile(r"\$\{(?P<what>[^}]*)\}")
_DIMENSION = re.compile(r"PROP\('Dim\.(?P<name>[^']*)'\)")

DRAWN_AS_SECOND = 300
"""Seconds: up to this, a period is drawn as one second, or as long as a run's `tick` is."""

Found = tuple[Line, Series | list[Series]]


@dataclass(frozen=True)
class Drawn:
    """A series with its label."""

    label: str
    series: Series
    right: bool
    color: str | None


@dataclass
class Drawing:
    """What a widget draws, and the labels of what has nothing to show, by reason (`reasons`).

    `without_data` has no sample; `as_zero` is drawn, and nobody has measured it. `not_calculated` says what is beyond
    the arithmetic here.
    """

    drawn: list[Drawn] = field(default_factory=list)
    without_data: dict[str, list[str]] = field(default_factory=dict)
    as_zero: dict[str, list[str]] = field(default_factory=dict)
    not_calculated: list[str] = field(default_factory=list)


def drawing(properties: Mapping[str, Any], recorded: Recorded) -> Drawing:
    """Calculate a widget over the run. Where it asks for the whole time range, that is one period."""
    asked = lines(properties)
    whole = properties.get("setPeriodToTimeRange", False)
    calculator = Calculator(asked, recorded, (lambda _: recorded.seconds) if whole else _periods(recorded))
    made, found = Drawing(), list[Found]()
    for line in asked:
        if line.visible:
            try:
                found.append((line, calculator.of(line)))
            except NotCalculated as error:
                made.not_calculated.append(f"{line.label or line.id or line.expression} ({error})")
    _add(made, found, recorded, asked)
    return made


def _periods(recorded: Recorded) -> Callable[[int], int]:
    """Return what a period lasts here: of five seconds, a run of ten would have but two points."""
    return lambda seconds: max(recorded.tick, 1 if seconds <= DRAWN_AS_SECOND else shortened(seconds))


def _add(made: Drawing, found: Sequence[Found], recorded: Recorded, asked: Sequence[Line]) -> None:
    names = _Names([one.metric for _, value in found for one in _listed(value) if one.metric])
    for line, value in found:
        drawn = [one for one in _listed(value) if one.points]
        if not drawn:
            why = reasons.without_data(line, asked)
            made.without_data.setdefault(why, []).append(names.label(line, line.metric))
        # CloudWatch puts the label of a search in front of each series' own.
        prefix = f"{line.label} " if isinstance(value, list) and line.label and "${" not in line.label else ""
        for one in drawn:
            label = prefix + names.own(one.metric) if prefix and one.metric else names.label(line, one.metric)
            made.drawn.append(Drawn(label, one, line.right, line.color))
            if why := reasons.as_zero(one, recorded):
                made.as_zero.setdefault(why, []).append(label)


def _listed(value: Series | list[Series]) -> list[Series]:
    return value if isinstance(value, list) else [value]


class _Names:
    """Labels as CloudWatch gives them: the metric's name, and the dimensions in which the widget's metrics differ."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._common = frozenset.intersection(*(one.dimensions for one in metrics)) if metrics else frozenset()
        self._one_name = len({one.name for one in metrics}) == 1 and len(metrics) > 1

    def label(self, line: Line, metric: Metric | None) -> str:
        """Return a line's label, its dynamic parts filled in, for one of the series that it draws."""
        own = self.own(metric) if metric else line.id or line.expression
        return _DYNAMIC.sub(lambda found: _dynamic(found["what"], own, metric), line.label).strip() or own

    def own(self, metric: Metric) -> str:
        """Return the label of a metric that is given none."""
        values = [value for _, value in sorted(metric.dimensions - self._common)]
        return " ".join(values if self._one_name and values else [metric.name, *values])


def _dynamic(what: str, own: str, metric: Metric | None) -> str:
    """Return what a dynamic part stands for; one that this page does not know stays as it is."""
    has = search.values(metric) if metric else {}
    if what == "LABEL":
        return own
    if what == "PROP('MetricName')":
        return has.get(search.METRIC_NAME, "")
    if found := _DIMENSION.fullmatch(what):
        return has.get(found["name"], "")
    return f"${{{what}}}"
