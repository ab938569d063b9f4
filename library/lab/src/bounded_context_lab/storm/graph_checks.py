"""The checks before anything runs: of a stack's alarms, and of the places to which failed work must go.

Each expected alarm gets the metric that AWS's documents name, with a good and with a bad value. Its state is then
calculated. A wrong dimension, namespace, statistic, period, threshold, comparison, expression or topic is a finding.

Rules and their sources:

- A queue moves a message that fails repeatedly to its dead-letter queue (SQS developer guide, "Using dead-letter queues
  in Amazon SQS").
- A subscription stores an undelivered message in a dead-letter queue. SNS does not retry a client-side error (SNS
  developer guide, "Amazon SNS dead-letter queues", "Why do message deliveries fail?").
- A rule stores an undelivered event in a dead-letter queue (EventBridge user guide, "Using dead-letter queues to
  process undelivered events in EventBridge").
- A reader returns the failed items of a batch, and a stream's reader stores abandoned batches (Lambda developer guide,
  "Configuring partial batch response with DynamoDB and Lambda" and "Retain discarded records for a DynamoDB event
  source in Lambda").
- A task that calls a function retries Lambda's own errors and throttling (Step Functions developer guide, "Best
  practices for Step Functions", "Handle transient Lambda service exceptions").
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from bounded_context.declaration import measures
from bounded_context_cli.programs import Graph, Node
from bounded_context_local.emulator.clock import FASTER, MINUTE_SECONDS
from bounded_context_local.observation import invocations, messages
from bounded_context_local.observation.logs import LoggedCall, Sample, calls
from bounded_context_local.running.context import RunningContext, collect

from .. import metric_math
from ..metric_math import Recorded
from .faults import UPLOADS, Expected, Fault, Resources, dead_letters_of, metrics_of, prefix_of, queue_of

_TOPICS: Final = {"critical": "alarm_topic_arn", "warning": "warning_topic_arn"}
"""The outputs with the topics of the severities (the runbook, "The alarms")."""

_SILENT_MINUTES: Final = 120
"""The time without data, longer than the evaluation range of each alarm that reports a missing value."""


def alarm_findings(graph: Graph, faults: Iterable[Fault], setting: str = "all") -> list[str]:
    """Return a sentence for each expected alarm that is missing or does not go off, sorted.

    `setting` is the stack's setting `alarms`, which leaves out warnings or all alarms.
    """
    expected = {alarm: None for fault in faults for alarm in fault.expected if setting in ("all", alarm.severity)}
    check = _Check(graph)
    return sorted({sentence for alarm in expected for sentence in check.findings(alarm)})


class _Check:
    """The alarms of a graph by name, and their topics."""

    def __init__(self, graph: Graph) -> None:
        prefix = prefix_of(graph)
        self._alarms = {alarm.called.removeprefix(prefix): alarm.inputs for alarm in graph.of("cloudwatch/metricAlarm")}
        self._topics = {severity: str(graph.outputs[output]) for severity, output in _TOPICS.items()}

    def findings(self, expected: Expected) -> Iterator[str]:
        """Yield the first fault of an expected alarm."""
        candidates = [alarm for name, alarm in self._alarms.items() if expected.is_called(name)]
        watching = [alarm for alarm in candidates if any(_watches(expected, metric) for metric in metrics_of(alarm))]
        if not candidates:
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
    actual = (metric["namespace"], metric["metricName"], statistic, dict(metric.get("dimensions") or {}))
    return actual == (expected.namespace, expected.watch.metric, expected.watch.statistic, dict(expected.dimensions))


def _metric(expected: Expected) -> str:
    dimensions = ", ".join(f"{name}={value}" for name, value in expected.dimensions)
    return f"{expected.namespace} {expected.watch.metric} ({expected.watch.statistic}) of {dimensions}"


def _state(alarm: Mapping[str, Any], expected: Expected, value: float | None, minutes: int) -> str:
    """Return the state that an alarm notifies if its metric has a value for some minutes; None is no data."""
    times = [] if value is None else range(0, minutes, expected.watch.every)
    samples = [_sample(expected, minute * MINUTE_SECONDS, value or 0) for minute in times]
    recorded = Recorded(samples, 0, minutes * MINUTE_SECONDS - 1)
    actions = {"alarmActions": ["topic"], "insufficientDataActions": ["topic"]}
    return metric_math.notified([{**alarm, **actions}], recorded).get(alarm["name"], "")


def _sample(expected: Expected, time: float, value: float) -> Sample:
    return Sample(expected.namespace, expected.watch.metric, dict(expected.dimensions), "None", time, value)


LETTERS: Final = "-dead-letters"

TRANSIENT: Final = ("Lambda.TooManyRequestsException", "Lambda.ServiceException")
"""Errors of Lambda that a task retries. `States.ALL` matches them too."""


def failure_findings(resources: Resources) -> list[str]:
    """Return a sentence for each place where failed work would be lost, sorted."""
    graph = resources.graph
    checks = (_queues(resources), _subscriptions(graph), _targets(resources), _mappings(resources), _tasks(graph))
    return sorted({sentence for check in checks for sentence in check})


def _queues(resources: Resources) -> Iterator[str]:
    for queue in resources.graph.of("sqs/queue"):
        if resources.part(queue) != "dead letters" and not _leads(queue.inputs.get("redrivePolicy"), queue.called):
            yield f"The queue {queue.name} has no dead-letter queue {dead_letters_of(queue.called)}."


def _subscriptions(graph: Graph) -> Iterator[str]:
    for subscription in graph.of("sns/topicSubscription"):
        queue = queue_of(graph, subscription)
        if queue and not _leads(subscription.inputs.get("redrivePolicy"), queue.called):
            yield f"The subscription {subscription.name} has no dead-letter queue {dead_letters_of(queue.called)}."


def _targets(resources: Resources) -> Iterator[str]:
    expected = f"{resources.prefix}{UPLOADS}{LETTERS}"
    for target in resources.graph.of("cloudwatch/eventTarget"):
        letters = target.inputs.get("deadLetterConfig") or {}
        if resources.part(target) in ("upload", "broken upload") and _name(letters.get("arn")) != expected:
            yield f"The rule's target {target.name} has no dead-letter queue {expected}."


def _mappings(resources: Resources) -> Iterator[str]:
    reported = {_name(target.inputs["arn"]) for target in resources.graph.of("cloudwatch/eventTarget")}
    for mapping in resources.graph.of("lambda/eventSourceMapping"):
        if "ReportBatchItemFailures" not in (mapping.inputs.get("functionResponseTypes") or ()):
            yield f"The mapping {mapping.name} ignores the failed items that its function returns."
        if resources.part(mapping) == "stream":
            yield from _abandoned(mapping, f"{resources.reader(mapping).called}{LETTERS}", reported)


def _abandoned(mapping: Node, letters: str, reported: set[str]) -> Iterator[str]:
    destination = (mapping.inputs.get("destinationConfig") or {}).get("onFailure") or {}
    if not destination.get("destinationArn"):
        yield f"The mapping {mapping.name} stores no abandoned batch."
    if letters not in reported:
        yield f"No rule reports an abandoned batch of the mapping {mapping.name} to {letters}."


def _tasks(graph: Graph) -> Iterator[str]:
    for machine in graph.of("sfn/stateMachine"):
        for name, state in _states(json.loads(machine.inputs["definition"])):
            errors = {error for retrier in state.get("Retry", ()) for error in retrier["ErrorEquals"]}
            for error in TRANSIENT if ":lambda:invoke" in str(state.get("Resource")) else ():
                if not errors & {error, "States.ALL"}:
                    yield f"The state {name} of the workflow {machine.name} does not retry {error}."


def _states(definition: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield all states by name, with the states of maps and parallel branches."""
    for name, state in (definition.get("States") or {}).items():
        yield name, state
        for inner in (state.get("ItemProcessor") or {}, state.get("Iterator") or {}, *state.get("Branches", ())):
            yield from _states(inner)


def _leads(policy: str | None, queue: str) -> bool:
    """Return whether a redrive policy names the dead-letter queue of a queue."""
    return _name(json.loads(policy or "{}").get("deadLetterTargetArn")) == dead_letters_of(queue)


def _name(arn: str | None) -> str:
    return (arn or "").rpartition(":")[2]


_ALARM: Final = "aws:cloudwatch/metricAlarm:MetricAlarm "

_STREAM_AGE: Final = "IteratorAge"

_AGES: Final = {_STREAM_AGE, messages.AGE, measures.OLDEST_UNFINISHED.name}
"""Metrics of ages, which grow faster on the accelerated clock."""


def observed(running: RunningContext, graph: Graph, started: float, more: Iterable[Sample]) -> dict[str, str]:
    """Return the alarms that notified since `started` (seconds since 1970), by name without the stack's prefix.

    The values are the states: ALARM, or INSUFFICIENT_DATA. `more` are metrics that AWS would have written.
    """
    metrics = collect(running)
    failing = _ages_of_failing(running, graph, calls(metrics.lines))
    # The receptions of a subscriber give no ages while its reader is stopped.
    ages = [sample for sample in list(running.watch.queues.samples) if sample.metric == messages.AGE]
    samples = [sample for sample in (*metrics.samples, *more, *failing, *ages) if sample.time >= started]
    recorded = Recorded(map(_accelerated, samples), started, time.time())
    definitions = [inputs for label, inputs in running.deployment.inputs.items() if label.startswith(_ALARM)]
    prefix = prefix_of(graph)
    return {name.removeprefix(prefix): state for name, state in metric_math.notified(definitions, recorded).items()}


def _accelerated(sample: Sample) -> Sample:
    return replace(sample, value=sample.value * FASTER) if sample.metric in _AGES else sample


def _ages_of_failing(running: RunningContext, graph: Graph, completed: list[LoggedCall]) -> Iterator[Sample]:
    """Yield the age of the stream's records for a reader that fails: the time since its first failed call."""
    for mapping in graph.stream_readers():
        name = mapping.inputs["functionName"].split(":")[6]
        function = next(key for key, alias in running.outputs["functions"].items() if f":{name}:" in alias)
        since: float | None = None
        for call in (call for call in completed if call.function == function):
            since = (since or call.began) if call.failed else None
            if since is not None:
                for dimensions in invocations.dimensions(running.outputs["functions"][function]):
                    age = (call.ended - since) * 1000
                    yield Sample(invocations.LAMBDA_NAMESPACE, _STREAM_AGE, dimensions, "Milliseconds", call.ended, age)
