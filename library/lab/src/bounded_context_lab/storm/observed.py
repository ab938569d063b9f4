"""The alarms that notify a person during a fault, on the accelerated clock."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from bounded_context.declaration import measures
from bounded_context_cli.programs.graph import Graph
from bounded_context_local.emulator.clock import FASTER
from bounded_context_local.metric_math import alarms
from bounded_context_local.metric_math.series import Recorded
from bounded_context_local.observation.aws_metrics import lambda_, sqs
from bounded_context_local.observation.logs import Call, calls
from bounded_context_local.observation.samples import Sample
from bounded_context_local.running.context import RunningContext
from bounded_context_local.running.observations import collect

from .resources import prefix_of

_ALARM: Final = "aws:cloudwatch/metricAlarm:MetricAlarm "

_STREAM_AGE: Final = "IteratorAge"

_AGES: Final = {_STREAM_AGE, sqs.AGE, measures.OLDEST_UNFINISHED.name}
"""Metrics of ages, which grow faster on the accelerated clock."""


def observed(running: RunningContext, graph: Graph, started: float, more: Iterable[Sample]) -> dict[str, str]:
    """Return the alarms that notified since `started` (seconds since 1970), by name without the stack's prefix.

    The values are the states: ALARM, or INSUFFICIENT_DATA. `more` are metrics that AWS would have written.
    """
    found = collect(running)
    failing = _ages_of_failing(running, graph, calls(found.lines))
    # The receptions of a subscriber give no ages while its reader is stopped.
    ages = [sample for sample in list(running.watch.queues.samples) if sample.metric == sqs.AGE]
    samples = [sample for sample in (*found.samples, *more, *failing, *ages) if sample.time >= started]
    recorded = Recorded(map(_accelerated, samples), started, time.time())
    definitions = [inputs for label, inputs in running.deployment.inputs.items() if label.startswith(_ALARM)]
    prefix = prefix_of(graph)
    return {name.removeprefix(prefix): state for name, state in alarms.notified(definitions, recorded).items()}


def _accelerated(sample: Sample) -> Sample:
    return replace(sample, value=sample.value * FASTER) if sample.metric in _AGES else sample


def _ages_of_failing(running: RunningContext, graph: Graph, called: list[Call]) -> Iterator[Sample]:
    """Yield the age of the stream's records for a reader that fails: the time since its first failed call."""
    for mapping in graph.stream_readers():
        name = mapping.inputs["functionName"].split(":")[6]
        function = next(key for key, alias in running.outputs["functions"].items() if f":{name}:" in alias)
        since: float | None = None
        for call in (call for call in called if call.function == function):
            since = (since or call.began) if call.failed else None
            if since is not None:
                for dimensions in lambda_.dimensions(running.outputs["functions"][function]):
                    age = (call.ended - since) * 1000
                    yield Sample(lambda_.NAMESPACE, _STREAM_AGE, dimensions, "Milliseconds", call.ended, age)
