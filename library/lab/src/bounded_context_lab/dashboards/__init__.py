"""HTML page with the CloudWatch dashboards of a run.

This module has the content of a metric widget: labelled series, and reasons for series without data.
"""

import ast
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bounded_context_local.emulator.clock import shortened
from bounded_context_local.observation import invocations, messages, metric_checks
from bounded_context_local.observation.metric_checks import OF_AWS, Line, Metric, NotCalculated, lines_of_widget, tree

from ..metric_math import Calculator, Recorded, Series

NO_ACTIVITY: Final = "No activity"
NO_CALLS: Final = "No calls"
NOT_EMULATED: Final = "Not emulated"

MEASURED: Final[Mapping[str, Sequence[str]]] = {
    invocations.APIGATEWAY_NAMESPACE: invocations.APIGATEWAY_NAMES,
    invocations.DYNAMODB_NAMESPACE: invocations.DYNAMODB_NAMES,
    messages.EVENTS_NAMESPACE: messages.EVENTS_NAMES,
    invocations.LAMBDA_NAMESPACE: invocations.LAMBDA_NAMES,
    messages.SCHEDULER_NAMESPACE: messages.SCHEDULER_NAMES,
    messages.SNS_NAMESPACE: messages.SNS_NAMES,
    messages.SQS_NAMESPACE: messages.SQS_NAMES,
    invocations.STATES_NAMESPACE: invocations.STATES_NAMES,
    messages.TRANSFER_NAMESPACE: messages.TRANSFER_NAMES,
}
"""AWS's metrics that a run can measure, by namespace."""

_OF_CALLS: Final = (invocations.APIGATEWAY_NAMESPACE, invocations.LAMBDA_NAMESPACE)

Name = tuple[str, str]
"""A metric's namespace and its name."""


def without_data(line: Line, lines_of_widget: Iterable[Line]) -> str:
    """Return why a line of a widget has no value; `lines` are all lines of the widget."""
    reasons = {
        _reason(name)
        for name in _names(line, {candidate.id: candidate for candidate in lines_of_widget if candidate.id})
    }
    return next((reason for reason in (NOT_EMULATED, NO_CALLS, NO_ACTIVITY) if reason in reasons), NO_ACTIVITY)


def as_zero(series: Series, recorded: Recorded) -> str:
    """Return why a series has assumed zeros only; empty if it has measured values."""
    metric = series.metric
    if metric is None or not recorded.is_assumed(metric):
        return ""
    if metric.namespace == invocations.APIGATEWAY_NAMESPACE:
        return NO_CALLS
    return NOT_EMULATED if f"{metric.namespace} {metric.name}" in recorded.assumed else ""


def _reason(name: Name) -> str:
    namespace, metric = name
    if not namespace.startswith(OF_AWS):
        return NO_ACTIVITY
    if metric not in MEASURED.get(namespace, ()):
        return NOT_EMULATED
    return NO_CALLS if namespace in _OF_CALLS else NO_ACTIVITY


def _names(line: Line, by_id: Mapping[str, Line]) -> set[Name]:
    if line.metric:
        return {(line.metric.namespace, line.metric.name)}
    try:
        parts = list(ast.walk(tree(line.expression)))
    except NotCalculated:
        return set()
    texts = [node.value for node in parts if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    referenced = [by_id[node.id] for node in parts if isinstance(node, ast.Name) and node.id in by_id]
    inner = [
        _names(operand, {key: value for key, value in by_id.items() if value is not line}) for operand in referenced
    ]
    return {name for text in texts for name in _searched(text)}.union(*inner)


def _searched(text: str) -> set[Name]:
    try:
        search = metric_checks.read_search(text)
    except metric_checks.Unreadable:
        return set()
    return {(search.namespace, name) for name in search.terms.get(metric_checks.METRIC_NAME, ())}


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

    traces: list[Drawn] = field(default_factory=list)
    without_data: dict[str, list[str]] = field(default_factory=dict)
    as_zero: dict[str, list[str]] = field(default_factory=dict)
    not_calculated: list[str] = field(default_factory=list)


def drawing(properties: Mapping[str, Any], recorded: Recorded) -> Drawing:
    """Calculate a widget over the run. With `setPeriodToTimeRange`, the whole run is one period."""
    requested = lines_of_widget(properties)
    whole = properties.get("setPeriodToTimeRange", False)
    calculator = Calculator(requested, recorded, (lambda _: recorded.seconds) if whole else _periods(recorded))
    result, values = Drawing(), list[Found]()
    for line in requested:
        if line.visible:
            try:
                values.append((line, calculator.of(line)))
            except NotCalculated as error:
                result.not_calculated.append(f"{line.label or line.id or line.expression} ({error})")
    _add(result, values, recorded, requested)
    return result


def _periods(recorded: Recorded) -> Callable[[int], int]:
    """Return the function that shortens a period; with 5 minutes as 5 s, a short run would have too few points."""
    return lambda seconds: max(recorded.tick, 1 if seconds <= DRAWN_AS_SECOND else shortened(seconds))


def _add(result: Drawing, values: Sequence[Found], recorded: Recorded, requested: Sequence[Line]) -> None:
    names = _Names([series.metric for _, value in values for series in _series(value) if series.metric])
    for line, value in values:
        visible = [series for series in _series(value) if series.points]
        if not visible:
            reason = without_data(line, requested)
            result.without_data.setdefault(reason, []).append(names.label(line, line.metric))
        # CloudWatch puts the label of a search in front of each series' own.
        prefix = f"{line.label} " if isinstance(value, list) and line.label and "${" not in line.label else ""
        for series in visible:
            metric = series.metric
            label = prefix + names.own(metric) if prefix and metric else names.label(line, metric)
            color = line.color or COLORS[len(result.traces) % len(COLORS)]
            result.traces.append(Drawn(label, series, line.right, color))
            if reason := as_zero(series, recorded):
                result.as_zero.setdefault(reason, []).append(label)


def _series(value: Series | list[Series]) -> list[Series]:
    return value if isinstance(value, list) else [value]


class _Names:
    """CloudWatch's default labels: the metric's name, and the dimensions in which the widget's metrics differ."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._common = frozenset.intersection(*(metric.dimensions for metric in metrics)) if metrics else frozenset()
        self._same_name = len({metric.name for metric in metrics}) == 1 and len(metrics) > 1

    def label(self, line: Line, metric: Metric | None) -> str:
        """Return a line's label for one of its series, with dynamic parts resolved."""
        own = self.own(metric) if metric else line.id or line.expression
        return _DYNAMIC.sub(lambda match: _dynamic(match["part"], own, metric), line.label).strip() or own

    def own(self, metric: Metric) -> str:
        """Return the default label of a metric."""
        values = [value for _, value in sorted(metric.dimensions - self._common)]
        return " ".join(values if self._same_name and values else [metric.name, *values])


def _dynamic(part: str, own: str, metric: Metric | None) -> str:
    """Return the value of a dynamic part; unsupported parts are returned unchanged."""
    has = metric_checks.term_values(metric) if metric else {}
    if part == "LABEL":
        return own
    if part == "PROP('MetricName')":
        return has.get(metric_checks.METRIC_NAME, "")
    if match := _DIMENSION.fullmatch(part):
        return has.get(match["name"], "")
    return f"${{{part}}}"
