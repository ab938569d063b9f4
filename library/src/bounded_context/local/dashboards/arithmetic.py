"""Arithmetic on numbers, on series and on lists of series, as CloudWatch's metric math has it.

Of two series, the periods count in which both have a value; of the series of a list, those in which any has one.
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
        return [_series(each(operate, one, right)) for one in left]
    if isinstance(right, list):
        return [_series(each(operate, left, one)) for one in right]
    if isinstance(left, Series):
        return replace(left, points=_points(operate, left, right), unit="", metric=None)
    if isinstance(right, Series):
        return each(lambda first, second: operate(second, first), right, left)
    return operate(left, right)


def divide(left: float, right: float) -> float:
    """A quotient by zero is no value."""
    return left / right if right else math.nan


def _points(operate: Operation, left: Series, right: float | Series) -> dict[int, float]:
    points: dict[int, float] = {}
    for start, value in left.points.items():
        other = right.points.get(start) if isinstance(right, Series) else right
        if other is not None and not math.isnan(result := operate(value, other)):
            points[start] = result
    return points


def aggregate(function: str, value: Value) -> Value:
    """Make one series of a list of them, or one number of a series."""
    summarised = STATISTICS[AGGREGATES[function]]
    if isinstance(value, Series):
        return summarised(list(value.points.values())) if value.points else 0.0
    if not isinstance(value, list):
        return value
    starts = sorted({start for one in value for start in one.points})
    points = {start: summarised([one.points[start] for one in value if start in one.points]) for start in starts}
    same = {one.unit for one in value}
    return Series(points, min((one.period for one in value), default=1), same.pop() if len(same) == 1 else "")


def fill(value: Value, filling: float, seconds: int) -> Value:
    """Give the periods without a value one, over the whole run."""
    if isinstance(value, list):
        return [_series(fill(one, filling, seconds)) for one in value]
    if isinstance(value, Series):
        starts = range(0, seconds, value.period)
        return replace(value, points={start: value.points.get(start, filling) for start in starts})
    return value


def choose(condition: Value, then: Value, otherwise: Value) -> Value:
    """Take the one value where the condition is not 0, else the other, period by period."""
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
        raise NotCalculated("a list of lists")
    return value
