"""States of alarms with metric math, which the emulator does not evaluate."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from ..emulator.clock import shortened
from ..stand_ins.metrics import STATE_WITHOUT_DATA
from .expressions import Calculator
from .metric_lines import Line, Metric
from .series import NotCalculated, Recorded, Series

WRONG: Final[Mapping[str, Callable[[float, float], bool]]] = {
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
    found = {alarm["name"]: _state(alarm, recorded) for alarm in alarms if alarm.get("metricQueries")}
    return {name: state for name, state in found.items() if state is not None}


def _state(alarm: Mapping[str, Any], recorded: Recorded) -> str | None:
    lines = [_line(query) for query in alarm["metricQueries"]]
    try:
        series = Calculator(lines, recorded, shortened).of(next(line for line in lines if line.visible))
    except NotCalculated:
        return None
    return _judged(alarm, _last(series, int(alarm["evaluationPeriods"]), recorded.seconds))


def _line(query: Mapping[str, Any]) -> Line:
    metric = query.get("metric")
    return Line(
        id=query["id"],
        metric=metric and Metric(metric["namespace"], metric["metricName"], frozenset(metric["dimensions"].items())),
        expression=query.get("expression", ""),
        stat=metric["stat"] if metric else "",
        period=int(metric["period"]) if metric else 0,
        visible=query.get("returnData", False),
    )


def _last(series: Series | list[Series], periods: int, seconds: int) -> list[float | None]:
    """Return the values of the last periods, newest first. An alarm watches a single series."""
    [watched] = series if isinstance(series, list) else [series]
    newest = (seconds - 1) // watched.period * watched.period
    return [watched.points.get(newest - back * watched.period) for back in range(periods)]


def _judged(alarm: Mapping[str, Any], values: Sequence[float | None]) -> str:
    missing = alarm.get("treatMissingData", "missing")
    present = [value for value in values if value is not None]
    if not present:
        return STATE_WITHOUT_DATA.get(missing, "OK")
    wrong = WRONG[alarm["comparisonOperator"]]
    bad = sum(wrong(value, alarm["threshold"]) for value in present)
    bad += len(values) - len(present) if missing == "breaching" else 0
    return "ALARM" if bad >= alarm.get("datapointsToAlarm", len(values)) else "OK"
