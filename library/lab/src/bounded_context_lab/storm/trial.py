"""The trial of a fault: the running stack, the changes of the load, and the alarms that notify a person."""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from bounded_context.declaration import measures
from bounded_context_cli.programs.graph import Graph
from bounded_context_local.emulator.clock import FASTER
from bounded_context_local.observation import invocations, messages
from bounded_context_local.observation.logs import LoggedCall, Sample, calls
from bounded_context_local.running.context import RunningContext, collect
from bounded_context_local.stack_state import Upload

from .. import metric_math
from ..metric_math import Recorded
from .faults import Resources, prefix_of
from .interception import Interception, Rule, forwarded


class NotReached(Exception):
    """The load never reaches the target of the fault; the message has the reason."""


@dataclass
class Trial:
    """The trial of one fault: the stack, and the changes of the load that the fault requires.

    Attributes:
        seed: the seed of all choices.
        announce: causes the events of stored uploads; None if an upload causes its event at once.
        twice: a function whose callers send each request two times.
        schedules: the number of calls of each scheduled function at a time.
        bad_event: whether an event of another context is malformed.
        broken: whether the uploads broke off, so no list is recorded.
        samples: the metrics that AWS would have written about the fault.
        lost: a text for each failure of the fault's target to treat the fault as documented.
        refused: the function of each call that the fault has refused, whole or in part.
        caused: alarms that the run itself sets off, because it plays a part of AWS.
        reached: returns whether the fault has affected a call.
    """

    running: RunningContext
    interception: Interception
    graph: Graph
    seed: int
    announce: Callable[[list[Upload]], None] | None = None
    twice: str = ""
    schedules: dict[str, int] = field(default_factory=dict)
    bad_event: bool = False
    broken: bool = False
    samples: list[Sample] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    caused: set[str] = field(default_factory=set)
    reached: Callable[[], object] = lambda: True

    @property
    def dice(self) -> random.Random:
        """A source of choices that is the same for the same seed."""
        return random.Random(self.seed)  # noqa: S311  choices, not secrets

    @property
    def resources(self) -> Resources:
        """The parts of the stack's resources."""
        return Resources(self.graph, self.running.context)

    def function_named(self, physical_name: str) -> str:
        """Return the name in the code of a function, by its name on AWS or its ARN."""
        name = physical_name.split(":")[6] if physical_name.startswith("arn:") else physical_name
        return next(function.name for function in self.graph.of("lambda/function") if function.called == name).replace(
            "-", "_"
        )


@contextmanager
def ruled(interception: Interception, rule: Rule) -> Iterator[None]:
    """Let a rule answer the calls of functions until the end of the block."""
    interception.rule = rule
    try:
        yield
    finally:
        interception.rule = forwarded


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
