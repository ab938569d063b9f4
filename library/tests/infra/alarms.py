"""Alarms of a graph as CloudWatch sees them: what they watch, whom they tell, and when they go off."""

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .graph import Graph, Node

Samples = Mapping[int, Sequence[float]]
"""The values of a metric, by the minute in which they were written."""

LOOK_BACK = 2
"""How many periods more than it evaluates an alarm looks back (CloudWatch user guide, its examples of missing data)."""


@dataclass(frozen=True)
class Watched:
    """A metric of an alarm; `id` is its name in the alarm's expression."""

    id: str
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    period: int


def metric_alarms(graph: Graph) -> list[Node]:
    """The alarms on metrics, those included that tell nobody."""
    return graph.of("cloudwatch/metricAlarm")


def composites(graph: Graph) -> list[Node]:
    """The alarms on alarms."""
    return graph.of("cloudwatch/compositeAlarm")


def everything_of(graph: Graph) -> list[Node]:
    """All of them."""
    return [*metric_alarms(graph), *composites(graph)]


def name_of(alarm: Node) -> str:
    """What the alarm is called in AWS."""
    return alarm.inputs["name"] if "name" in alarm.inputs else alarm.inputs["alarmName"]


def told(graph: Graph) -> dict[str, Node]:
    """The alarms that tell somebody, by their names without the stack's prefix."""
    prefix = f"{prefix_of(graph)}-"
    alarms = [*metric_alarms(graph), *composites(graph)]
    return {name_of(node).removeprefix(prefix): node for node in alarms if node.inputs.get("alarmActions")}


def prefix_of(graph: Graph) -> str:
    """What every name of the stack begins with."""
    return graph.one("codedeploy/application").inputs["name"]


def severity_of(graph: Graph, alarm: Node) -> str:
    """The severity whose topic the alarm tells."""
    by_topic = {graph.outputs["alarm_topic_arn"]: "critical", graph.outputs["warning_topic_arn"]: "warning"}
    (topic,) = alarm.inputs["alarmActions"]
    return by_topic[topic]


def children(composite: Node) -> list[str]:
    """The names of the alarms that a composite alarm asks for."""
    return re.findall(r'ALARM\("([^"]+)"\)', composite.inputs["alarmRule"])


def watched(alarm: Node) -> list[Watched]:
    """The metrics that an alarm watches."""
    queries = alarm.inputs.get("metricQueries")
    if queries is None:
        one = alarm.inputs
        statistic = one.get("statistic") or one["extendedStatistic"]
        return [
            Watched("m", one["namespace"], one["metricName"], one["dimensions"], statistic, int(one["period"])),
        ]
    return [_watched(query["id"], query["metric"]) for query in queries if "metric" in query]


def _watched(name: str, metric: Mapping[str, Any]) -> Watched:
    where = (metric["namespace"], metric["metricName"], metric["dimensions"])
    return Watched(name, *where, metric["stat"], int(metric["period"]))


def expression(alarm: Node) -> str:
    """What an alarm calculates of its metrics."""
    queries = alarm.inputs.get("metricQueries") or []
    return next((query["expression"] for query in queries if query.get("returnData")), "m")


class Evaluation:
    """An alarm over time, minute by minute; `metrics` holds samples by a metric's name."""

    def __init__(self, alarm: Node, metrics: Mapping[str, Samples]) -> None:
        self._alarm = alarm.inputs
        self._watched = watched(alarm)
        self._metrics = metrics
        self._minutes = {name: sorted(samples) for name, samples in metrics.items()}
        self._period = self._watched[0].period // 60
        self._of = int(self._alarm["evaluationPeriods"])
        self._run: Callable[..., Value] = eval(f"lambda FILL, {_names(self._watched)}: {expression(alarm)}", _FUNCTIONS)  # noqa: S307 (our own expressions)

    def states(self, minutes: int) -> Iterator[str]:
        """Its state at the end of each minute."""
        state = "OK"
        for now in range(1, minutes + 1):
            state = self._next(state, self._points(now))
            yield state

    def _next(self, state: str, points: list[float | None]) -> str:
        existing = [point for point in points if point is not None][: self._of]
        bad = sum(map(self._is_bad, existing))
        missing, enough = self._of - len(existing), int(self._alarm["datapointsToAlarm"])
        if self._missing_data() == "breaching":
            bad += missing
        if bad >= enough:
            return "ALARM"
        if self._missing_data() == "notBreaching" or len(existing) - bad > self._of - enough or not missing:
            return "OK"
        return state

    def _missing_data(self) -> str:
        # Whatever one asks for (CloudWatch API reference, PutMetricAlarm, TreatMissingData).
        of_tables = any(metric.namespace == "AWS/DynamoDB" for metric in self._watched)
        return "ignore" if of_tables else self._alarm["treatMissingData"]

    def _is_bad(self, point: float) -> bool:
        threshold = self._alarm["threshold"]
        return point < threshold if self._alarm["comparisonOperator"] == "LessThanThreshold" else point > threshold

    def _points(self, now: int) -> list[float | None]:
        """The newest first."""
        ends = [now - self._period * back for back in range(self._of + LOOK_BACK)]
        windows = [[self._statistic(metric, end) for metric in self._watched] for end in ends]
        any_data = any(value.number is not None for window in windows for value in window)
        return [self._run(_fill if any_data else _leave, *window).number for window in windows]

    def _statistic(self, metric: Watched, end: int) -> "Value":
        samples, minutes = self._metrics.get(metric.name, {}), self._minutes.get(metric.name, [])
        within = minutes[bisect_left(minutes, end - self._period) : bisect_left(minutes, end)]
        values = [value for minute in within for value in samples[minute]]
        if not values:
            return Value(None)
        kinds = {"Sum": sum, "SampleCount": len, "Maximum": max, "p95": max}
        return Value(float(kinds[metric.statistic](values)))


class Value:
    """A data point of metric math: where one of two is missing it is 0, and what is divided by 0 is missing."""

    def __init__(self, number: float | None) -> None:
        self.number = number

    def __truediv__(self, other: "Value | float") -> "Value":
        divisor = _number(other)
        return Value(self.number / divisor if self.number is not None and divisor else None)

    def __ge__(self, other: float) -> "Value":
        return Value(None if self.number is None else float(self.number >= other))


def _number(value: "Value | float | None") -> float | None:
    return value.number if isinstance(value, Value) else value


def _sum(values: Sequence[Value]) -> Value:
    present = [value.number for value in values if value.number is not None]
    return Value(math.fsum(present) if present else None)


def _if(condition: Value, yes: Value, no: float) -> Value:
    if condition.number is None:
        return condition
    return Value(yes.number or 0) if condition.number else Value(no)


def _fill(value: Any, filler: float) -> Any:
    if isinstance(value, list):
        return [_fill(one, filler) for one in value]
    return Value(filler) if value.number is None else value


def _leave(value: Any, _filler: float) -> Any:
    return value


def _names(metrics: Sequence[Watched]) -> str:
    return ", ".join(metric.id for metric in metrics)


_FUNCTIONS: dict[str, Any] = {"SUM": _sum, "IF": _if}


def times_told(alarms: Sequence[Node], metrics: Mapping[str, Samples], minutes: int) -> int:
    """How often it goes off that all of these alarms are on at once."""
    states = zip(*(Evaluation(alarm, metrics).states(minutes) for alarm in alarms), strict=True)
    on = [all(state == "ALARM" for state in moment) for moment in states]
    return sum(now and not before for before, now in zip([False, *on], on, strict=False))


def parts(graph: Graph, name: str) -> list[Node]:
    """The alarms whose states make that of the alarm `name`: itself, or the children of a composite."""
    node = told(graph)[name]
    if node.kind == "cloudwatch/metricAlarm":
        return [node]
    by_name = {name_of(alarm): alarm for alarm in metric_alarms(graph)}
    return [by_name[child] for child in children(node)]
