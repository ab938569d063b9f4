"""Polling during the run: queues, which have no history, and logs, whose metrics it publishes to CloudWatch.

AWS extracts the metrics of the functions from their logs, the emulator does not.
"""

import threading
from collections.abc import Iterable, Mapping

from bounded_context_cli.command.errors import LocalRunError

from .. import stand_ins
from ..emulator.aws import Aws
from ..provider import Deployment
from .aws_metrics.messages import Queues
from .logs import Logs, Sample, own_metrics

FUNCTION = "aws:lambda/function:Function"
QUEUE = "aws:sqs/queue:Queue"
PERIOD_SECONDS = 0.5
ROUNDS_PER_LOGS = 4
"""Rounds of queue polls per poll of the logs. Queues have no history, so they are polled more often."""

_VALUES = 150
"""AWS limit: values of one metric in a single call."""

_Put = dict[str, tuple[list[float], str]]


class Watch:
    """A thread that polls queues and logs."""

    def __init__(self, aws: Aws, deployment: Deployment) -> None:
        """Start to poll all queues and functions of a deployment."""
        self.logs = Logs(aws, _log_groups(deployment))
        self.queues = Queues(aws, {url.rpartition("/")[2]: url for url in deployment.physical_ids(QUEUE).values()})
        self._aws = aws
        self._failure: Exception | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Signal the thread to end, without waiting for it."""
        self._stopped.set()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self.end()
        self._thread.join()

    def poll(self) -> None:
        """Poll queues and logs now.

        Raises:
            LocalRunError: an earlier poll failed, which ended the thread.
        """
        if self._failure:
            raise LocalRunError(f"polling the queues and logs failed: {self._failure}") from self._failure
        self.queues.poll()
        self._forward()

    def _run(self) -> None:
        rounds = 0
        try:
            while not self._stopped.wait(PERIOD_SECONDS):
                self.queues.poll()
                rounds += 1
                if rounds % ROUNDS_PER_LOGS == 0:
                    self._forward()
        except Exception as error:
            self._failure = error

    def _forward(self) -> None:
        put(self._aws, own_metrics(self.logs.take()))


def _log_groups(deployment: Deployment) -> dict[str, str]:
    """Return the functions' log groups, by their names in the code."""
    return {
        name.replace("-", "_"): f"/aws/lambda/{function}"
        for name, function in deployment.physical_ids(FUNCTION).items()
    }


def put(aws: Aws, samples: Iterable[Sample]) -> None:
    """Publish samples with the current time, for the alarms' short periods; the emulator then evaluates its alarms."""
    for (namespace, dimensions), values in _by_metric(samples).items():
        while any(numbers for numbers, _ in values.values()):
            first = {metric: (numbers[:_VALUES], unit) for metric, (numbers, unit) in values.items() if numbers}
            stand_ins.put_metrics(aws, namespace, dict(dimensions), first)
            values = {metric: (numbers[_VALUES:], unit) for metric, (numbers, unit) in values.items()}


def _by_metric(samples: Iterable[Sample]) -> Mapping[tuple[str, tuple[tuple[str, str], ...]], _Put]:
    puts: dict[tuple[str, tuple[tuple[str, str], ...]], _Put] = {}
    for sample in samples:
        by_metric = puts.setdefault((sample.namespace, tuple(sample.dimensions.items())), {})
        by_metric.setdefault(sample.metric, ([], sample.unit))[0].append(sample.value)
    return puts
