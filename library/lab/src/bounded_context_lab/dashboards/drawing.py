"""The content of a metric widget: labelled series, and reasons for series without data."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bounded_context_local.emulator.clock import shortened
from bounded_context_local.metric_math import search
from bounded_context_local.metric_math.expressions import Calculator
from bounded_context_local.metric_math.metric_lines import Line, Metric, lines
from bounded_context_local.metric_math.series import NotCalculated, Recorded, Series

from . import reasons

_DYNAMIC = re.compile(r"\$\{(?P<part>[^}]*)\}")
_DIMENSION = re.compile(r"PROP\('Dim\.(?P<name>[^']*)'\)")

COLORS = ("#3987e5", "#e0812f", "#28a17a", "#d34e62", "#8f6fdb", "#b08a12", "#18a0b5", "#c4569c", "#7c8894", "#6b9c45")
"""Distinguishable colours. In dark mode the style lightens them, and the colours of widgets."""

DRAWN_AS_SECOND = 300
"""Periods up to this many seconds are drawn as one second, or as the run's `tick` if that is longer."""

Found = tuple[Line, Series | list[Series]]


@dataclass(frozen=True)
class Drawn:
    """A series with its label and its colour; `right` is whether the right axis measures it."""

    label: str
    series: Series
    right: bool
    color: str

    @property
    def newest(self) -> float:
        """The newest value."""
        return self.series.points[max(self.series.points)]


@dataclass
class Drawing:
    """The series of a widget, and the labels of series without measured values, by reason (`reasons`).

    Series in `without_data` have no sample; series in `as_zero` have assumed zeros and are drawn. `not_calculated`
    lists unsupported expressions.
    """

    drawn: list[Drawn] = field(default_factory=list)
    without_data: dict[str, list[str]] = field(default_factory=dict)
    as_zero: dict[str, list[str]] = field(default_factory=dict)
    not_calculated: list[str] = field(default_factory=list)


def drawing(properties: Mapping[str, Any], recorded: Recorded) -> Drawing:
    """Calculate a widget over the run. With `setPeriodToTimeRange`, the whole run is one period."""
    requested = lines(properties)
    whole = properties.get("setPeriodToTimeRange", False)
    calculator = Calculator(requested, recorded, (lambda _: recorded.seconds) if whole else _periods(recorded))
    result, found = Drawing(), list[Found]()
    for line in requested:
        if line.visible:
            try:
                found.append((line, calculator.of(line)))
            except NotCalculated as error:
                result.not_calculated.append(f"{line.label or line.id or line.expression} ({error})")
    _add(result, found, recorded, requested)
    return result


def _periods(recorded: Recorded) -> Callable[[int], int]:
    """Return the function that shortens a period; with 5 minutes as 5 s, a short run would have too few points."""
    return lambda seconds: max(recorded.tick, 1 if seconds <= DRAWN_AS_SECOND else shortened(seconds))


def _add(result: Drawing, found: Sequence[Found], recorded: Recorded, requested: Sequence[Line]) -> None:
    names = _Names([series.metric for _, value in found for series in _listed(value) if series.metric])
    for line, value in found:
        drawn = [series for series in _listed(value) if series.points]
        if not drawn:
            reason = reasons.without_data(line, requested)
            result.without_data.setdefault(reason, []).append(names.label(line, line.metric))
        # CloudWatch puts the label of a search in front of each series' own.
        prefix = f"{line.label} " if isinstance(value, list) and line.label and "${" not in line.label else ""
        for series in drawn:
            metric = series.metric
            label = prefix + names.own(metric) if prefix and metric else names.label(line, metric)
            color = line.color or COLORS[len(result.drawn) % len(COLORS)]
            result.drawn.append(Drawn(label, series, line.right, color))
            if reason := reasons.as_zero(series, recorded):
                result.as_zero.setdefault(reason, []).append(label)


def _listed(value: Series | list[Series]) -> list[Series]:
    return value if isinstance(value, list) else [value]


class _Names:
    """CloudWatch's default labels: the metric's name, and the dimensions in which the widget's metrics differ."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._common = frozenset.intersection(*(metric.dimensions for metric in metrics)) if metrics else frozenset()
        self._same_name = len({metric.name for metric in metrics}) == 1 and len(metrics) > 1

    def label(self, line: Line, metric: Metric | None) -> str:
        """Return a line's label for one of its series, with dynamic parts resolved."""
        own = self.own(metric) if metric else line.id or line.expression
        return _DYNAMIC.sub(lambda found: _dynamic(found["part"], own, metric), line.label).strip() or own

    def own(self, metric: Metric) -> str:
        """Return the default label of a metric."""
        values = [value for _, value in sorted(metric.dimensions - self._common)]
        return " ".join(values if self._same_name and values else [metric.name, *values])


def _dynamic(part: str, own: str, metric: Metric | None) -> str:
    """Return the value of a dynamic part; unsupported parts are returned unchanged."""
    has = search.values(metric) if metric else {}
    if part == "LABEL":
        return own
    if part == "PROP('MetricName')":
        return has.get(search.METRIC_NAME, "")
    if found := _DIMENSION.fullmatch(part):
        return has.get(found["name"], "")
    return f"${{{part}}}"
