"""AWS/SQS, by queue. All of it is measured.

A poll counts the messages that wait. The run's own readers say what they received and deleted, when, and when it had
been sent. Of a queue without a reader, the oldest message is as old as the queue has not been empty.
"""

import time
from collections.abc import Iterator, Mapping

from ...aws import Aws
from ...subscribers import Reception
from ..samples import Sample

NAMESPACE = "AWS/SQS"
VISIBLE = "ApproximateNumberOfMessagesVisible"
AGE = "ApproximateAgeOfOldestMessage"
NAMES = (VISIBLE, AGE, "NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted")


class Queues:
    """Polls queues, and remembers how many messages waited."""

    def __init__(self, aws: Aws, urls: Mapping[str, str]) -> None:
        """Take the queues' URLs by name."""
        self.samples: list[Sample] = []
        self.urls = urls
        self._aws = aws
        self._filled: dict[str, float] = {}

    def look(self) -> None:
        """Poll each queue once."""
        for name, url in self.urls.items():
            self._remember(name, self._waiting(url), time.time())

    def _waiting(self, url: str) -> int:
        wanted = ["ApproximateNumberOfMessages"]
        answer = self._aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=wanted)
        return int(answer["Attributes"][wanted[0]])

    def _remember(self, name: str, waiting: int, now: float) -> None:
        filled = self._filled.setdefault(name, now) if waiting else self._filled.pop(name, now)
        age = now - filled if waiting else 0.0
        dimensions = {"QueueName": name}
        self.samples.append(Sample(NAMESPACE, VISIBLE, dimensions, "Count", now, waiting))
        self.samples.append(Sample(NAMESPACE, AGE, dimensions, "Seconds", now, age))


def samples(polled: list[Sample], receptions: Mapping[str, list[Reception]]) -> Iterator[Sample]:
    """Yield the polled samples, and what readers tell by their queue's name."""
    read = set(receptions)
    for one in polled:
        # Its readers know the age better.
        if one.metric != AGE or one.dimensions["QueueName"] not in read or one.value == 0:
            yield one
    for name, received in receptions.items():
        for one in received:
            yield from _of_message({"QueueName": name}, one)


def _of_message(dimensions: Mapping[str, str], received: Reception) -> Iterator[Sample]:
    yield Sample(NAMESPACE, "NumberOfMessagesSent", dimensions, "Count", received.sent, 1)
    yield Sample(NAMESPACE, "NumberOfMessagesReceived", dimensions, "Count", received.time, 1)
    yield Sample(NAMESPACE, "NumberOfMessagesDeleted", dimensions, "Count", received.time, 1)
    yield Sample(NAMESPACE, AGE, dimensions, "Seconds", received.time, max(received.time - received.sent, 0.0))
