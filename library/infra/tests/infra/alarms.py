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

Metrics = Mapping[str, Samples]
"""Samples by a metric's name; or by its name, a blank and one value of its dimensions, for that one alone."""

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


def notifiers(graph: Graph) -> dict[str, Node]:
    """Return the alarms with an action, by their names without the stack's prefix."""
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
        inputs = alarm.inputs
        statistic = inputs.get("statistic") or inputs["extendedStatistic"]
        return [
            Watched(
                "m", inputs["namespace"], inputs["metricName"], inputs["dimensions"], statistic, int(inputs["period"])
            ),
        ]
    return [_watched(query["id"], query["metric"]) for query in queries if "metric" in query]


def _watched(name: str, metric: Mapping[str, Any]) -> Watched:
    where = (metric["namespace"], metric["metricName"], metric["dimensions"])
    return Watched(name, *where, metric["stat"], int(metric["period"]))


def expressions(alarm: Node) -> dict[str, str]:
    """What an alarm calculates, in its order, by the names that it gives to it; the last is what it watches."""
    queries = alarm.inputs.get("metricQueries") or [{"id": "result", "expression": "m"}]
    return {query["id"]: query["expression"] for query in queries if "expression" in query}


class Evaluation:
    """An alarm over time, minute by minute."""

    def __init__(self, alarm: Node, metrics: Metrics) -> None:
        self._alarm = alarm.inputs
        self._watched = watched(alarm)
        self._metrics = metrics
        self._minutes = {name: sorted(samples) for name, samples in metrics.items()}
        self._period = self._watched[0].period // 60
        self._of = int(self._alarm["evaluationPeriods"])
        self._steps = _steps(alarm)

    def states(self, minutes: int, since: int = 0) -> Iterator[str]:
        """Its state at the end of each minute; it is OK at first."""
        state = "OK"
        for now in range(since + 1, minutes + 1):
            state = self._next(state, self._points(now))
            yield state

    def _next(self, state: str, points: list[float | None]) -> str:
        existing = [point for point in points if point is not None][: self._of]
        if not existing and self._missing_data() == "missing":
            return "INSUFFICIENT_DATA"
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
        return [self._calculated(_fill if any_data else _leave, window) for window in windows]

    def _calculated(self, fill: Any, window: Sequence["Value"]) -> float | None:
        known: dict[str, Any] = {metric.id: value for metric, value in zip(self._watched, window, strict=True)}
        for name, step in self._steps.items():
            known[name] = step(FILL=fill, **known)
        return known["result"].number

    def _statistic(self, metric: Watched, end: int) -> "Value":
        name = next((candidate for candidate in _names(metric) if candidate in self._metrics), metric.name)
        samples, minutes = self._metrics.get(name, {}), self._minutes.get(name, [])
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
        return [_fill(element, filler) for element in value]
    return Value(filler) if value.number is None else value


def _leave(value: Any, _filler: float) -> Any:
    return value


def _names(metric: Watched) -> list[str]:
    """What samples of a metric may be called, the most exact first."""
    return [*(f"{metric.name} {value}" for value in metric.dimensions.values()), metric.name]


def _steps(alarm: Node) -> dict[str, Callable[..., "Value"]]:
    """Each expression of an alarm as a function of FILL, the metrics and the expressions before it."""
    return {
        name: eval(f"lambda FILL, **known: {_of_known(text)}", dict(_FUNCTIONS))  # noqa: S307 (our own expressions)
        for name, text in expressions(alarm).items()
    }


def _of_known(text: str) -> str:
    return re.sub(r"\b[a-z]\w*\b", r'known["\g<0>"]', text)


def _max(values: Sequence[Value]) -> Value:
    present = [value.number for value in values if value.number is not None]
    return Value(max(present, default=None))


_FUNCTIONS: dict[str, Any] = {"SUM": _sum, "MAX": _max, "IF": _if}


def times_told(alarm: Node, metrics: Metrics, minutes: int) -> int:
    """How often an alarm goes off."""
    on = [state == "ALARM" for state in Evaluation(alarm, metrics).states(minutes)]
    return sum(now and not before for before, now in zip([False, *on], on, strict=False))
