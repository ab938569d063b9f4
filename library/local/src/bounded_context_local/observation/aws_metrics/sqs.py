"""AWS/SQS, by queue. All metrics are measured.

Polls count the visible messages. The run's own readers record each received and deleted message with its times.
For a queue without a reader, the age of the oldest message is the time since the queue was last empty.
"""

import time
from collections.abc import Iterator, Mapping

from ...actors.subscriber import Reception
from ...emulator.aws import Aws
from ..samples import Sample

NAMESPACE = "AWS/SQS"
VISIBLE = "ApproximateNumberOfMessagesVisible"
AGE = "ApproximateAgeOfOldestMessage"
NAMES = (VISIBLE, AGE, "NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted")


class Queues:
    """A poller of queues that stores the number of visible messages."""

    def __init__(self, aws: Aws, urls: Mapping[str, str]) -> None:
        """Store the queues' URLs by name."""
        self.samples: list[Sample] = []
        self.urls = urls
        self._aws = aws
        self._filled: dict[str, float] = {}

    def poll(self) -> None:
        """Poll each queue once."""
        for name, url in self.urls.items():
            self._add(name, self._waiting(url), time.time())

    def _waiting(self, url: str) -> int:
        wanted = ["ApproximateNumberOfMessages"]
        answer = self._aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=wanted)
        return int(answer["Attributes"][wanted[0]])

    def _add(self, name: str, waiting: int, now: float) -> None:
        filled = self._filled.setdefault(name, now) if waiting else self._filled.pop(name, now)
        age = now - filled if waiting else 0.0
        dimensions = {"QueueName": name}
        self.samples.append(Sample(NAMESPACE, VISIBLE, dimensions, "Count", now, waiting))
        self.samples.append(Sample(NAMESPACE, AGE, dimensions, "Seconds", now, age))


def samples(polled: list[Sample], receptions: Mapping[str, list[Reception]]) -> Iterator[Sample]:
    """Yield the polled samples, and the samples from readers; `receptions` are by queue name."""
    read = set(receptions)
    for sample in polled:
        # The readers measure the age more precisely.
        if sample.metric != AGE or sample.dimensions["QueueName"] not in read or sample.value == 0:
            yield sample
    for name, received in receptions.items():
        for reception in received:
            yield from _of_message({"QueueName": name}, reception)


def _of_message(dimensions: Mapping[str, str], received: Reception) -> Iterator[Sample]:
    yield Sample(NAMESPACE, "NumberOfMessagesSent", dimensions, "Count", received.sent, 1)
    yield Sample(NAMESPACE, "NumberOfMessagesReceived", dimensions, "Count", received.time, 1)
    yield Sample(NAMESPACE, "NumberOfMessagesDeleted", dimensions, "Count", received.time, 1)
    yield Sample(NAMESPACE, AGE, dimensions, "Seconds", received.time, max(received.time - received.sent, 0.0))
