"""The check of a stack's alarms against the fixed table, before anything runs.

Each expected alarm gets the metric that AWS's documents name, with a good and with a bad value. Its state is then
calculated. A wrong dimension, namespace, statistic, period, threshold, comparison, expression or topic is a finding.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from bounded_context_cli.programs.graph import Graph
from bounded_context_local.emulator.clock import MINUTE_SECONDS
from bounded_context_local.metric_math import alarms
from bounded_context_local.metric_math.series import Recorded
from bounded_context_local.observation.samples import Sample

from .faults import Expected, Fault, metrics_of
from .resources import prefix_of

_TOPICS: Final = {"critical": "alarm_topic_arn", "warning": "warning_topic_arn"}
"""The outputs with the topics of the severities (the runbook, "The alarms")."""

_SILENT_MINUTES: Final = 120
"""The time without data, longer than the evaluation range of each alarm that reports a missing value."""


def findings(graph: Graph, faults: Iterable[Fault], wanted: str = "all") -> list[str]:
    """Return a sentence for each expected alarm that is missing or does not go off, sorted.

    `wanted` is the stack's setting `alarms`, which leaves out warnings or all alarms.
    """
    expected = {one: None for fault in faults for one in fault.expected if wanted in ("all", one.severity)}
    check = _Check(graph)
    return sorted({sentence for one in expected for sentence in check.findings(one)})


class _Check:
    """The alarms of a graph by name, and their topics."""

    def __init__(self, graph: Graph) -> None:
        prefix = prefix_of(graph)
        self._alarms = {one.called.removeprefix(prefix): one.inputs for one in graph.of("cloudwatch/metricAlarm")}
        self._topics = {severity: str(graph.outputs[output]) for severity, output in _TOPICS.items()}

    def findings(self, expected: Expected) -> Iterator[str]:
        """Yield the first fault of an expected alarm."""
        named = [alarm for name, alarm in self._alarms.items() if expected.is_called(name)]
        watching = [alarm for alarm in named if any(_watches(expected, one) for one in metrics_of(alarm))]
        if not named:
            yield f"The alarm {expected.alarm} is missing: it must watch {_metric(expected)}."
        elif not watching:
            yield f"The alarm {expected.alarm} does not watch {_metric(expected)}."
        else:
            yield from (f"The alarm {expected.alarm} {fault}." for fault in self._faults(expected, watching[0]))

    def _faults(self, expected: Expected, alarm: Mapping[str, Any]) -> Iterator[str]:
        watch, metric = expected.watch, _metric(expected)
        if self._topics[expected.severity] not in alarm.get("alarmActions", ()):
            yield f"does not notify the topic of its severity, {expected.severity}"
        if _state(alarm, expected, watch.good, 3 * watch.minutes) == "ALARM":
            yield f"goes off without a fault, if {metric} is {watch.good:g}"
        if _state(alarm, expected, expected.bad, watch.minutes) != "ALARM":
            yield f"does not go off, if {metric} is {expected.bad:g} for {watch.minutes} minutes"
        silent = watch.silence and self._topics["warning"] not in alarm.get("insufficientDataActions", ())
        if silent or (watch.silence and _state(alarm, expected, None, _SILENT_MINUTES) != "INSUFFICIENT_DATA"):
            yield f"does not warn, if {metric} has no data"


def _watches(expected: Expected, metric: Mapping[str, Any]) -> bool:
    statistic = metric.get("stat") or metric.get("statistic") or metric.get("extendedStatistic")
    found = (metric["namespace"], metric["metricName"], statistic, dict(metric.get("dimensions") or {}))
    return found == (expected.namespace, expected.watch.metric, expected.watch.statistic, dict(expected.dimensions))


def _metric(expected: Expected) -> str:
    named = ", ".join(f"{name}={value}" for name, value in expected.dimensions)
    return f"{expected.namespace} {expected.watch.metric} ({expected.watch.statistic}) of {named}"


def _state(alarm: Mapping[str, Any], expected: Expected, value: float | None, minutes: int) -> str:
    """Return the state that an alarm notifies if its metric has a value for some minutes; None is no data."""
    times = [] if value is None else range(0, minutes, expected.watch.every)
    samples = [_sample(expected, minute * MINUTE_SECONDS, value or 0) for minute in times]
    recorded = Recorded(samples, 0, minutes * MINUTE_SECONDS - 1)
    actions = {"alarmActions": ["topic"], "insufficientDataActions": ["topic"]}
    return alarms.notified([{**alarm, **actions}], recorded).get(alarm["name"], "")


def _sample(expected: Expected, time: float, value: float) -> Sample:
    return Sample(expected.namespace, expected.watch.metric, dict(expected.dimensions), "None", time, value)
