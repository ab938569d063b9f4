"""States of alarms with metric math, which the emulator does not evaluate."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from ..emulator.clock import shortened
from .expressions import Calculator, NotCalculated, Recorded, Series
from .metric_lines import Line, Metric

STATE_WITHOUT_DATA: Final = {"notBreaching": "OK", "breaching": "ALARM", "missing": "INSUFFICIENT_DATA"}
"""State of an alarm without data, by its `TreatMissingData`. With `ignore`, the alarm keeps its state."""

LOOK_BACK_PERIODS: Final = 3
"""Periods that CloudWatch's evaluation range adds to the evaluated periods before data count as missing."""

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
            states.add(_state_of(alarm, values[:periods] if _has(values[:periods]) else values))
    return states


def _has(values: Sequence[float | None]) -> bool:
    return any(value is not None for value in values)


def _state(alarm: Mapping[str, Any], recorded: Recorded) -> str | None:
    try:
        series = _watched_series(alarm, recorded)
    except NotCalculated:
        return None
    return _state_of(alarm, _last(series, int(alarm["evaluationPeriods"]), recorded.seconds))


def _watched_series(alarm: Mapping[str, Any], recorded: Recorded) -> Series:
    """Return the series that an alarm watches. Raises NotCalculated."""
    lines = [_line(query) for query in alarm.get("metricQueries") or [_query(alarm)]]
    series = Calculator(lines, recorded, shortened).of(next(line for line in lines if line.visible))
    [watched] = series if isinstance(series, list) else [series]
    return watched


def _query(alarm: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the query of an alarm on one metric."""
    stat = alarm.get("statistic") or alarm["extendedStatistic"]
    return {"id": "watched", "metric": {**alarm, "stat": stat}, "returnData": True}


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


def _last(watched: Series, periods: int, seconds: int) -> list[float | None]:
    """Return the values of the last periods, newest first."""
    newest = (seconds - 1) // watched.period * watched.period
    return [watched.points.get(newest - back * watched.period) for back in range(periods)]


def _state_of(alarm: Mapping[str, Any], values: Sequence[float | None]) -> str:
    missing = alarm.get("treatMissingData", "missing")
    present = [value for value in values if value is not None]
    if not present:
        return STATE_WITHOUT_DATA.get(missing, "OK")
    wrong = WRONG[alarm["comparisonOperator"]]
    bad = sum(wrong(value, alarm["threshold"]) for value in present)
    bad += len(values) - len(present) if missing == "breaching" else 0
    return "ALARM" if bad >= alarm.get("datapointsToAlarm", len(values)) else "OK"
