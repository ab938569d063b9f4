"""How many messages there are, without touching any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..rollout.clock import Clock
from ..rollout.errors import AWS_ERRORS, Refused, sentence
from .clients import Clients
from .outputs import DeadLetterQueue, Stack
from .unseen import UnseenUploads

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

RECENT = timedelta(minutes=20)
"""SQS writes its metrics every minute, up to 15 minutes late once a queue was at rest."""


@dataclass(frozen=True)
class Count:
    """About how many messages of a queue can be received, how many are hidden, and the age of the oldest if known."""

    name: str
    messages: int
    in_flight: int
    oldest: timedelta | None

    def as_json(self) -> dict[str, Any]:
        """For a program; the age in seconds."""
        seconds = None if self.oldest is None else round(self.oldest.total_seconds())
        return {"queue": self.name, "messages": self.messages, "in_flight": self.in_flight, "oldest_seconds": seconds}


@dataclass(frozen=True)
class Survey:
    """The counts of all dead-letter queues of a stack, and of its uploads that nobody has heard of."""

    stack: str
    counts: Sequence[Count]
    unknown: str = ""
    """Why it cannot be said whether nobody has heard of some uploads, if it cannot."""

    @property
    def exit_status(self) -> int:
        """0 if there is no message anywhere, so far as one knows, else 1."""
        return int(bool(self.unknown) or any(count.messages or count.in_flight for count in self.counts))

    def as_json(self) -> dict[str, Any]:
        """For a program."""
        result = "messages" if self.exit_status else "empty"
        queues = [count.as_json() for count in self.counts]
        return {"stack": self.stack, "result": result, "queues": queues, "unknown": self.unknown}


def survey(stack: Stack, clients: Clients, clock: Clock) -> Survey:
    """Ask every queue. Raises ClientError and BotoCoreError."""
    ages = _ages(stack.queues, clients, clock)
    counts = [_count(queue, clients, ages.get(queue.name)) for queue in stack.queues]
    if stack.unseen is None:
        return Survey(stack.name, counts)
    try:
        return Survey(stack.name, [*counts, _unseen(stack.unseen, clients, clock)])
    except AWS_ERRORS as error:
        return Survey(stack.name, counts, sentence(error, "redrive"))
    except Refused as error:
        return Survey(stack.name, counts, str(error))


def _unseen(uploads: DeadLetterQueue, clients: Clients, clock: Clock) -> Count:
    found = UnseenUploads(clients.functions, uploads.url)
    oldest = next(found.messages(lambda: False), None)
    return Count(uploads.name, found.count(), 0, clock.now() - oldest.sent if oldest else None)


def _count(queue: DeadLetterQueue, clients: Clients, oldest: timedelta | None) -> Count:
    answer = clients.queues.get_queue_attributes(
        QueueUrl=queue.url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    messages = int(answer["ApproximateNumberOfMessages"])
    return Count(
        queue.name, messages, int(answer["ApproximateNumberOfMessagesNotVisible"]), oldest if messages else None
    )


def _ages(queues: Sequence[DeadLetterQueue], clients: Clients, clock: Clock) -> Mapping[str, timedelta]:
    """The ages that CloudWatch knows: how long the oldest messages have been in these queues."""
    now = clock.now()
    try:
        results = clients.metrics.get_metric_data(
            MetricDataQueries=[_query(number, queue) for number, queue in enumerate(queues)],
            StartTime=now - RECENT,
            EndTime=now,
            ScanBy="TimestampDescending",
        )["MetricDataResults"]
    except AWS_ERRORS:
        # An age is good to know; whoever may not read metrics still gets the numbers.
        return {}
    newest = {int(one.get("Id", "").removeprefix("q")): one.get("Values", [])[:1] for one in results}
    return {queues[number].name: timedelta(seconds=value) for number, values in newest.items() for value in values}


def _query(number: int, queue: DeadLetterQueue) -> "MetricDataQueryTypeDef":
    return {
        "Id": f"q{number}",
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/SQS",
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": queue.url.rpartition("/")[2]}],
            },
            "Period": 60,
            "Stat": "Maximum",
        },
    }
