"""What is looked at while the context runs: logs, for the metrics in them, and queues, which keep no past."""

import threading

from ..aws import Aws
from ..deploy import Deployment
from ..errors import LocalRunError
from . import emf
from .aws_metrics.sqs import Queues
from .logs import Logs
from .samples import own_metrics

FUNCTION = "aws:lambda/function:Function"
QUEUE = "aws:sqs/queue:Queue"
PERIOD_SECONDS = 0.5
ROUNDS_PER_LOGS = 4
"""Queues keep no past, so they are looked at more often than logs."""


class Watch:
    """Looks at queues and logs, again and again, in a thread of its own."""

    def __init__(self, aws: Aws, deployment: Deployment) -> None:
        """Begin to look at all the queues and functions of a deployment."""
        self.logs = Logs(aws, _log_groups(deployment))
        self.queues = Queues(aws, {url.rpartition("/")[2]: url for url in deployment.made(QUEUE).values()})
        self._aws = aws
        self._failure: Exception | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Have the looking end, and do not wait for it."""
        self._stopped.set()

    def stop(self) -> None:
        """End the looking."""
        self.end()
        self._thread.join()

    def look(self) -> None:
        """Look once more, now.

        Raises:
            LocalRunError: an earlier look went wrong, and nobody has looked since.
        """
        if self._failure:
            raise LocalRunError(f"the run cannot look at itself: {self._failure}") from self._failure
        self.queues.look()
        self._forward()

    def _look(self) -> None:
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
    """Return the functions' log groups by the functions' names in the code."""
    return {name.replace("-", "_"): f"/aws/lambda/{made}" for name, made in deployment.made(FUNCTION).items()}
