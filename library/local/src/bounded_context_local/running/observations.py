"""Collection of all logs, metrics and traces of a run."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import executions
from ..actors.subscriber import Reception
from ..metric_math.metric_lines import OF_AWS
from ..observation.aws_metrics import dynamodb, events, lambda_, scheduler, sns, sqs, states, transfer
from ..observation.logs import LogLine, calls
from ..observation.samples import Sample, own_metrics
from ..stand_ins.x_ray import Document
from .context import RunningContext

QUIET_SECONDS = 2.0
LONGEST_SECONDS = 30.0


@dataclass(frozen=True)
class Observation:
    """Log lines of all functions, metric samples (the functions' and AWS's), and trace documents.

    `rejected` has the reasons for rejected trace datagrams.
    """

    lines: Sequence[LogLine]
    samples: Sequence[Sample]
    documents: Sequence[Document]
    rejected: Sequence[str]


def of_functions(running: RunningContext) -> list[Sample]:
    """Return the samples of the functions' own metrics so far. Raises LocalRunError."""
    running.watch.poll()
    return list(own_metrics(running.watch.logs.lines))


def collect(running: RunningContext) -> Observation:
    """Return the observation so far. A function's lines arrive after its call.

    Raises:
        LocalRunError: polling the queues and logs failed.
    """
    running.watch.poll()
    lines = sorted(running.watch.logs.lines, key=lambda line: line.time)
    documents = list(running.traces.documents)
    own = list(own_metrics(lines))
    samples = [*own, *_aws_samples(running, lines, own, documents)]
    return Observation(lines, samples, documents, list(running.traces.rejected))


def _aws_samples(
    running: RunningContext, lines: Sequence[LogLine], own: Sequence[Sample], documents: Sequence[Document]
) -> Iterator[Sample]:
    aws, outputs, now = running.aws, running.outputs, time.time()
    called, received = calls(lines), _received(running)
    yield from _lambda_samples(running, list(lambda_.samples(called, outputs["functions"])), now)
    machine = outputs.get("state_machine")
    found = states.executions(aws, machine) if machine else []
    if machine:
        yield from states.samples(machine, found)
    yield from sqs.samples(
        running.watch.queues.samples, {_queue(url): receptions for url, receptions in received.items()}
    )
    histories = (executions.history(aws, execution["executionArn"]) for execution in found)
    yield from sns.samples(outputs["topic_arn"], own, histories, received, now)
    yield from dynamodb.samples(outputs["table_name"], documents, now)
    yield from events.samples(aws, running.partner.sent, now)
    yield from scheduler.samples(aws, called, outputs["functions"], now)
    yield from running.api_requests.samples(outputs, now)
    if outputs.get("sftp"):
        yield from transfer.samples(outputs["sftp"]["server_id"], running.partner.uploads)


def _lambda_samples(running: RunningContext, known: list[Sample], now: float) -> Iterator[Sample]:
    aliases: Mapping[str, Any] = running.outputs["functions"]
    yield from known
    yield from lambda_.throttles(running.aws, aliases, now)
    yield from lambda_.unknown_ages(running.aws, aliases, known, now)


def _received(running: RunningContext) -> dict[str, list[Reception]]:
    """Return the subscribers' received events, by queue URL."""
    return {subscriber.url: list(subscriber.received) for subscriber in running.subscribers}


def _queue(url: str) -> str:
    return url.rpartition("/")[2]


def settled(
    running: RunningContext, quiet: float = QUIET_SECONDS, longest: float = LONGEST_SECONDS
) -> Sequence[Sample]:
    """Return all samples after the context's own metrics are unchanged for `quiet` seconds, at most `longest` seconds.

    AWS's metrics are ignored in the comparison, because the queues are measured continuously.
    """
    end, samples = time.monotonic() + longest, collect(running).samples
    while time.monotonic() < end:
        time.sleep(quiet)
        before, samples = samples, collect(running).samples
        if _own(samples) == _own(before):
            break
    return samples


def _own(samples: Sequence[Sample]) -> int:
    return sum(not sample.namespace.startswith(OF_AWS) for sample in samples)
