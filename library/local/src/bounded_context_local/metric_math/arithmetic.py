"""CloudWatch's metric math on numbers, series and lists of series.

An operation on two series uses the periods in which both have a value.
An aggregate of a list uses the periods in which any series has a value.
"""

import math
from collections.abc import Callable
from dataclasses import replace

from .series import STATISTICS, NotCalculated, Series

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
        other = right.points.get(start) if isinstance(right, Series) else right
        if other is not None and not math.isnan(result := operate(value, other)):
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
        chosen = _at(then if holds else otherwise, start)
        if chosen is not None:
            points[start] = chosen
    return replace(condition, points=points, unit="", metric=None)


def _at(value: Value, start: int) -> float | None:
    if isinstance(value, Series):
        return value.points.get(start)
    return value if isinstance(value, int | float) else None


def _series(value: Value) -> Series:
    if not isinstance(value, Series):
        raise NotCalculated("a nested list")
    return value
