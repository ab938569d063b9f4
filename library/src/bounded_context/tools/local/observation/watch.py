"""Polling during the run: logs, for their metrics, and queues, which have no history."""

import threading

from ...command.errors import LocalRunError
from ..aws import Aws
from ..deploy import Deployment
from . import emf
from .aws_metrics.sqs import Queues
from .logs import Logs
from .samples import own_metrics

FUNCTION = "aws:lambda/function:Function"
QUEUE = "aws:sqs/queue:Queue"
PERIOD_SECONDS = 0.5
ROUNDS_PER_LOGS = 4
"""Rounds of queue polls per poll of the logs. Queues have no history, so they are polled more often."""


class Watch:
    """A thread that polls queues and logs."""

    def __init__(self, aws: Aws, deployment: Deployment) -> None:
        """Start to poll all queues and functions of a deployment."""
        self.logs = Logs(aws, _log_groups(deployment))
        self.queues = Queues(aws, {url.rpartition("/")[2]: url for url in deployment.made(QUEUE).values()})
        self._aws = aws
        self._failure: Exception | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="watch", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Signal the thread to end, without waiting for it."""
        self._stopped.set()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self.end()
        self._thread.join()

    def look(self) -> None:
        """Poll queues and logs now.

        Raises:
            LocalRunError: an earlier poll failed, which ended the thread.
        """
        if self._failure:
            raise LocalRunError(f"polling the queues and logs failed: {self._failure}") from self._failure
        self.queues.look()
        self._forward()

    def _poll(self) -> None:
        rounds = 0
        try:
            while not self._stopped.wait(PERIOD_SECONDS):
                self.queues.look()
                rounds += 1
                if rounds % ROUNDS_PER_LOGS == 0:
                    self._forward()
        except Exception as error:
            self._failure = error

    def _forward(self) -> None:
        emf.put(self._aws, own_metrics(self.logs.take()))


def _log_groups(deployment: Deployment) -> dict[str, str]:
    """Return the functions' log groups, by their names in the code."""
    return {name.replace("-", "_"): f"/aws/lambda/{made}" for name, made in deployment.made(FUNCTION).items()}
