"""CloudWatch's metric math, evaluated on the samples of a run, and the states of alarms.

The emulator has no metric math.
Its syntax is close to Python's, so Python's parser reads it. Unsupported expressions raise NotCalculated, which the
widget displays.

An operation on two series uses the periods in which both have a value.
An aggregate of a list uses the periods in which any series has a value.
"""

import ast
import math
import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bounded_context_local.emulator.clock import shortened
from bounded_context_local.observation import metric_checks
from bounded_context_local.observation.logs import Sample
from bounded_context_local.observation.metric_checks import Line, Metric, NotCalculated, metric_of, tree

STATISTICS: Mapping[str, Callable[[list[float]], float]] = {
    "Sum": math.fsum,
    "Average": lambda values: math.fsum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
    "SampleCount": len,
}
POINTS = 120
"""The maximum of points of a line; it limits the size of the page."""

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")


@dataclass(frozen=True)
class Series:
    """Values by the start of their period, in seconds. `metric` is None for calculated series."""

    points: Mapping[int, float]
    period: int
    unit: str = ""
    metric: Metric | None = None


class Recorded:
    """The samples of a run since its start."""

    def __init__(self, samples: Iterable[Sample], started: float, end: float) -> None:
        """Store the samples since `started` (seconds since 1970); a sample after `end` extends the run."""
        self._samples: dict[Metric, list[Sample]] = defaultdict(list)
        for sample in samples:
            if sample.time >= started:
                self._samples[metric_of(sample)].append(sample)
                end = max(end, sample.time)
        self.started = started
        self.seconds = math.floor(end - started) + 1
        self.tick = math.ceil(self.seconds / POINTS)
        """The shortest drawn period in seconds: long runs have longer periods, and at most `POINTS` points."""

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that have samples, sorted."""
        return sorted(self._samples, key=lambda metric: (metric.namespace, metric.name, sorted(metric.dimensions)))

    @property
    def assumed(self) -> list[str]:
        """Namespaces and names of metrics whose samples, over all dimensions, are all assumed."""
        measured = {f"{metric.namespace} {metric.name}": False for metric in self.metrics}
        for metric, samples in self._samples.items():
            measured[f"{metric.namespace} {metric.name}"] |= any(not sample.assumed for sample in samples)
        return [name for name, is_measured in measured.items() if not is_measured]

    def is_assumed(self, metric: Metric) -> bool:
        """Return whether all samples of a metric are assumed zeros."""
        return all(sample.assumed for sample in self._samples.get(metric, []))

    def __len__(self) -> int:
        """Return the number of samples."""
        return sum(map(len, self._samples.values()))

    def series(self, metric: Metric, stat: str, period: int) -> Series:
        """Return a metric's statistic per period (in seconds); a metric without samples has no points.

        Raises:
            NotCalculated: this page does not support the statistic.
        """
        summarised, samples = statistic(stat), self._samples.get(metric, [])
        periods: dict[int, list[float]] = defaultdict(list)
        for sample in samples:
            periods[int((sample.time - self.started) // period) * period].append(sample.value)
        unit = "" if stat == "SampleCount" or not samples else samples[0].unit
        return Series({start: summarised(values) for start, values in sorted(periods.items())}, period, unit, metric)


def statistic(name: str) -> Callable[[list[float]], float]:
    """Return the function of a statistic: Sum, Average, Minimum, Maximum, SampleCount, or a percentile such as p99.

    Raises:
        NotCalculated: the statistic is not supported.
    """
    if name in STATISTICS:
        return STATISTICS[name]
    if not (match := _PERCENTILE.fullmatch(name)):
        raise NotCalculated(f"the statistic {name}")
    return lambda values: _percentile(values, float(match[1]) / 100)


def _percentile(values: list[float], part: float) -> float:
    """Return the percentile, interpolated between the two nearest values."""
    ordered, rank = sorted(values), part * (len(values) - 1)
    lower, upper = ordered[math.floor(rank)], ordered[math.ceil(rank)]
    return lower + (rank - math.floor(rank)) * (upper - lower)


Value = float | Series | list[Series]
Operation = Callable[[float, float], float]

AGGREGATES = {"SUM": "Sum", "AVG": "Average", "MIN": "Minimum", "MAX": "Maximum"}


def each(operate: Operation, left: Value, right: Value) -> Value:
    """Apply an operation value by value."""
    if isinstance(left, list):
        return [_series(each(operate, series, right)) for series in left]
    if isinstance(right, list):
        return [_series(each(operate, left, series)) for series in right]
    if isinstance(left, Series):
        return replace(left, points=_points(operate, left, right), unit="", metric=None)
    if isinstance(right, Series):
        return each(lambda first, second: operate(second, first), right, left)
    return operate(left, right)


def divide(left: float, right: float) -> float:
    """Divide; return NaN, which is no value, if the divisor is zero."""
    return left / right if right else math.nan


def _points(operate: Operation, left: Series, right: float | Series) -> dict[int, float]:
    points: dict[int, float] = {}
    for start, value in left.points.items():
        operand = right.points.get(start) if isinstance(right, Series) else right
        if operand is not None and not math.isnan(result := operate(value, operand)):
            points[start] = result
    return points


def aggregate(function: str, value: Value) -> Value:
    """Reduce a list of series to one series, or a series to a number."""
    summarised = STATISTICS[AGGREGATES[function]]
    if isinstance(value, Series):
        return summarised(list(value.points.values())) if value.points else 0.0
    if not isinstance(value, list):
        return value
    starts = sorted({start for series in value for start in series.points})
    points = {
        start: summarised([series.points[start] for series in value if start in series.points]) for start in starts
    }
    same = {series.unit for series in value}
    return Series(points, min((series.period for series in value), default=1), same.pop() if len(same) == 1 else "")


def fill(value: Value, filling: float, seconds: int) -> Value:
    """Set periods without a value to `filling`, over the whole run."""
    if isinstance(value, list):
        return [_series(fill(series, filling, seconds)) for series in value]
    if isinstance(value, Series):
        starts = range(0, seconds, value.period)
        return replace(value, points={start: value.points.get(start, filling) for start in starts})
    return value


def choose(condition: Value, then: Value, otherwise: Value) -> Value:
    """Return per period `then` where the condition is not 0, and `otherwise` elsewhere."""
    if not isinstance(condition, Series):
        return then if condition else otherwise
    points: dict[int, float] = {}
    for start, holds in condition.points.items():
        selected = _at(then if holds else otherwise, start)
        if selected is not None:
            points[start] = selected
    return replace(condition, points=points, unit="", metric=None)


def _at(value: Value, start: int) -> float | None:
    if isinstance(value, Series):
        return value.points.get(start)
    return value if isinstance(value, int | float) else None


def _series(value: Value) -> Series:
    if not isinstance(value, Series):
        raise NotCalculated("a nested list")
    return value


OPERATORS: dict[type[ast.operator], Operation] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: divide,
}
COMPARISONS: dict[type[ast.cmpop], Operation] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class Calculator:
    """A calculator for the lines of a widget. `period` converts a line's period to seconds of this run."""

    def __init__(self, lines: Sequence[Line], recorded: Recorded, period: Callable[[int], int]) -> None:
        self._recorded = recorded
        self._period = period
        self._lines = lines
        self._named = {line.id: line for line in lines if line.id}
        self._calculating: list[Line] = []

    def of(self, line: Line) -> Series | list[Series]:
        """Return the series of a line: one, or all results of its search. Raises NotCalculated."""
        value = self._of(line)
        if isinstance(value, Series | list):
            return value
        raise NotCalculated("a number, not a series")

    def _of(self, line: Line) -> Value:
        if line.metric:
            return self._series(line, line.metric)
        if line in self._calculating:
            raise NotCalculated(f"{line.id}, which refers to itself")
        self._calculating.append(line)
        try:
            return self._value(tree(line.expression))
        finally:
            self._calculating.pop()

    def _series(self, line: Line, metric: Metric) -> Series:
        return self._recorded.series(metric, line.stat, self._period(line.period))

    def _value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name) if name in self._named:
                return self._of(self._named[name])
            case ast.List(elts=items):
                return [series for item in items for series in self._as_list(item)]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return each(operator.mul, self._value(operand), -1.0)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return each(OPERATORS[type(op)], self._value(left), self._value(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
                return each(COMPARISONS[type(op)], self._value(left), self._value(right))
            case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]):
                return self._call(function, arguments)
        raise NotCalculated(ast.unparse(node))

    def _as_list(self, node: ast.expr) -> list[Series]:
        value = self._value(node)
        if isinstance(value, Series):
            return [value]
        if isinstance(value, list):
            return value
        raise NotCalculated(ast.unparse(node))

    def _call(self, function: str, arguments: Sequence[ast.expr]) -> Value:
        match function, arguments:
            case "METRICS", []:
                return self._all("")
            case "METRICS", [ast.Constant(value=str(part))]:
                return self._all(part)
            case "SEARCH", [ast.Constant(value=str(query)), ast.Constant(value=str(stat)), *period]:
                return self._search(query, stat, period)
            case "FILL", [filled, ast.Constant(value=int() | float() as filling)]:
                return fill(self._value(filled), filling, self._recorded.seconds)
            case "IF", [condition, then, otherwise]:
                return choose(self._value(condition), self._value(then), self._value(otherwise))
            case "REMOVE_EMPTY", [operand]:
                return [series for series in self._as_list(operand) if series.points]
            case name, [argument] if name in AGGREGATES:
                return aggregate(name, self._value(argument))
        raise NotCalculated(f"{function}(...)")

    def _all(self, part: str) -> list[Series]:
        """Return the widget's metrics whose id contains `part`."""
        return [self._series(line, line.metric) for line in self._lines if line.metric and part in line.id]

    def _search(self, query: str, stat: str, period: Sequence[ast.expr]) -> list[Series]:
        match period:
            case []:
                seconds = self._calculating[-1].period
            case [ast.Constant(value=int(seconds))]:
                pass
            case _:
                raise NotCalculated("a calculated period")
        try:
            search = metric_checks.read_search(query)
        except metric_checks.Unreadable as error:
            raise NotCalculated(f"the search {query}") from error
        metrics = filter(search.finds, self._recorded.metrics)
        return [self._recorded.series(metric, stat, self._period(seconds)) for metric in metrics]


STATE_WITHOUT_DATA: Final = {"notBreaching": "OK", "breaching": "ALARM", "missing": "INSUFFICIENT_DATA"}
"""State of an alarm without data, by its `TreatMissingData`. With `ignore`, the alarm keeps its state."""

LOOK_BACK_PERIODS: Final = 3
"""Periods that CloudWatch's evaluation range adds to the evaluated periods before data count as missing."""

COMPARISONS_OF_ALARMS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def states(alarms: Iterable[Mapping[str, Any]], recorded: Recorded) -> dict[str, str]:
    """Return the state of each metric math alarm at the end of the recording, by name.

    Alarms that cannot be calculated here are omitted.

    Args:
        alarms: the alarms' inputs with Pulumi's names, such as `metricQueries`; alarms on one metric are skipped.
        recorded: the samples of the run.
    """
    by_alarm = {alarm["name"]: _state(alarm, recorded) for alarm in alarms if alarm.get("metricQueries")}
    return {name: state for name, state in by_alarm.items() if state is not None}


def notified(alarms: Iterable[Mapping[str, Any]], recorded: Recorded) -> dict[str, str]:
    """Return the alarms that notified a topic during a recording, by name: ALARM, or INSUFFICIENT_DATA if only so.

    Alarms on metrics and on metric math are calculated. Alarms that cannot be calculated here are omitted.
    """
    by_alarm = {alarm["name"]: _states(alarm, recorded) for alarm in alarms}
    topics = {"ALARM": "alarmActions", "INSUFFICIENT_DATA": "insufficientDataActions"}
    actions = {alarm["name"]: [state for state, topic in topics.items() if alarm.get(topic)] for alarm in alarms}
    return {name: state for name, states in by_alarm.items() for state in reversed(actions[name]) if state in states}


def _states(alarm: Mapping[str, Any], recorded: Recorded) -> set[str]:
    """Return the states of an alarm during a recording, after its first evaluated periods."""
    try:
        watched = _watched_series(alarm, recorded)
    except NotCalculated:
        return set()
    periods, look_back = int(alarm["evaluationPeriods"]), LOOK_BACK_PERIODS
    newest = range(0, recorded.seconds - watched.period + 1, watched.period)
    states = set[str]()
    for start in newest:
        values = [watched.points.get(start - back * watched.period) for back in range(periods + look_back)]
        is_early = start < (periods + look_back) * watched.period
        if any(value is not None for value in values) or not is_early:
            states.add(
                _state_of(alarm, values[:periods] if any(value is not None for value in values[:periods]) else values)
            )
    return states


def _state(alarm: Mapping[str, Any], recorded: Recorded) -> str | None:
    try:
        series = _watched_series(alarm, recorded)
    except NotCalculated:
        return None
    return _state_of(alarm, _last_values(series, int(alarm["evaluationPeriods"]), recorded.seconds))


def _watched_series(alarm: Mapping[str, Any], recorded: Recorded) -> Series:
    """Return the series that an alarm watches. Raises NotCalculated."""
    lines = [_line_of_query(query) for query in alarm.get("metricQueries") or [_query(alarm)]]
    series = Calculator(lines, recorded, shortened).of(next(line for line in lines if line.visible))
    [watched] = series if isinstance(series, list) else [series]
    return watched


def _query(alarm: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the query of an alarm on one metric."""
    stat = alarm.get("statistic") or alarm["extendedStatistic"]
    return {"id": "watched", "metric": {**alarm, "stat": stat}, "returnData": True}


def _line_of_query(query: Mapping[str, Any]) -> Line:
    metric = query.get("metric")
    return Line(
        id=query["id"],
        metric=metric and Metric(metric["namespace"], metric["metricName"], frozenset(metric["dimensions"].items())),
        expression=query.get("expression", ""),
        stat=metric["stat"] if metric else "",
        period=int(metric["period"]) if metric else 0,
        visible=query.get("returnData", False),
    )


def _last_values(watched: Series, periods: int, seconds: int) -> list[float | None]:
    """Return the values of the last periods, newest first."""
    newest = (seconds - 1) // watched.period * watched.period
    return [watched.points.get(newest - back * watched.period) for back in range(periods)]


def _state_of(alarm: Mapping[str, Any], values: Sequence[float | None]) -> str:
    missing = alarm.get("treatMissingData", "missing")
    present = [value for value in values if value is not None]
    if not present:
        return STATE_WITHOUT_DATA.get(missing, "OK")
    wrong = COMPARISONS_OF_ALARMS[alarm["comparisonOperator"]]
    bad = sum(wrong(value, alarm["threshold"]) for value in present)
    bad += len(values) - len(present) if missing == "breaching" else 0
    return "ALARM" if bad >= alarm.get("datapointsToAlarm", len(values)) else "OK"
