"""Everything that a run can tell of itself so far."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import executions
from ..subscribers import Reception
from .aws_metrics import dynamodb, events, lambda_, sns, sqs, states, transfer
from .calls import calls
from .daemon import Document
from .logs import LogLine
from .samples import Sample, own_metrics

if TYPE_CHECKING:
    from ..running import RunningContext


@dataclass(frozen=True)
class Observation:
    """Log lines of all functions, samples of metrics (their own and AWS's), and trace documents.

    `refused` says of each datagram that was no trace document why not.
    """

    lines: Sequence[LogLine]
    samples: Sequence[Sample]
    documents: Sequence[Document]
    refused: Sequence[str]


def collect(running: "RunningContext") -> Observation:
    """Return what there is by now. A function's lines come when its call is over.

    Raises:
        LocalRunError: the run could not look at itself.
    """
    running.watch.look()
    lines = sorted(running.watch.logs.lines, key=lambda line: line.time)
    documents = list(running.traces.documents)
    own = list(own_metrics(lines))
    samples = [*own, *_aws_samples(running, lines, own, documents)]
    return Observation(lines, samples, documents, list(running.traces.refused))


def _aws_samples(
    running: "RunningContext", lines: Sequence[LogLine], own: Sequence[Sample], documents: Sequence[Document]
) -> Iterator[Sample]:
    aws, outputs, now = running.aws, running.outputs, time.time()
    called, received = calls(lines), _received(running)
    yield from _lambda_samples(running, list(lambda_.samples(called, outputs["functions"])), now)
    machine = outputs["state_machine"]
    found = states.executions(aws, machine)
    yield from states.samples(machine, found)
    yield from sqs.samples(running.watch.queues.samples, {_queue(url): these for url, these in received.items()})
    histories = (executions.history(aws, one["executionArn"]) for one in found)
    yield from sns.samples(outputs["topic_arn"], own, histories, received, now)
    yield from dynamodb.samples(outputs["table_name"], documents, now)
    yield from events.samples(aws, running.partner.sent, called, outputs["functions"], now)
    yield from running.doors.samples(outputs, now)
    if outputs.get("sftp"):
        yield from transfer.samples(outputs["sftp"]["server_id"], running.partner.uploads)


def _lambda_samples(running: "RunningContext", known: list[Sample], now: float) -> Iterator[Sample]:
    aliases: Mapping[str, Any] = running.outputs["functions"]
    yield from known
    yield from lambda_.throttles(running.aws, aliases, now)
    yield from lambda_.unknown_ages(running.aws, aliases, known, now)


def _received(running: "RunningContext") -> dict[str, list[Reception]]:
    """Return what the subscribers received, by their queues' URLs."""
    return {one.url: list(one.received) for one in running.subscribers}


def _queue(url: str) -> str:
    return url.rpartition("/")[2]
