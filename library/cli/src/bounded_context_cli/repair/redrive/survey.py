"""Counts of messages in all dead-letter queues, without receiving a message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ...command.aws_errors import AWS_ERRORS, Refused, sentence
from ...command.clock import Clock
from ...command.operation import Clients
from .outputs import DeadLetterQueue, Stack
from .queue_reader import counts
from .route import invoker
from .uploads import UnseenUploads

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef
    from mypy_boto3_sqs import SQSClient

RECENT = timedelta(minutes=20)
"""SQS writes its metrics every minute, with a delay of up to 15 minutes after inactivity."""


@dataclass(frozen=True)
class Count:
    """Approximate numbers of visible and hidden messages of a queue, and the age of the oldest if known."""

    name: str
    messages: int
    in_flight: int
    oldest: timedelta | None

    def as_json(self) -> dict[str, Any]:
        """Return the count as JSON, with the age in seconds."""
        seconds = None if self.oldest is None else round(self.oldest.total_seconds())
        return {"queue": self.name, "messages": self.messages, "in_flight": self.in_flight, "oldest_seconds": seconds}


@dataclass(frozen=True)
class Survey:
    """The counts of all dead-letter queues of a stack, and of its uploads whose event was lost."""

    stack: str
    counts: Sequence[Count]
    unknown: str = ""
    """The reason why lost events of uploads could not be counted, or empty."""

    @property
    def exit_status(self) -> int:
        """0 if all counts are known and 0, else 1."""
        return int(bool(self.unknown) or any(count.messages or count.in_flight for count in self.counts))

    def as_json(self) -> dict[str, Any]:
        """Return the survey as JSON."""
        result = "messages" if self.exit_status else "empty"
        queues = [count.as_json() for count in self.counts]
        return {"stack": self.stack, "result": result, "queues": queues, "unknown": self.unknown}


def survey(stack: Stack, clients: Clients, clock: Clock) -> Survey:
    """Count the messages of every queue. Raises ClientError and BotoCoreError."""
    ages, queues = _ages(stack.queues, clients, clock), clients("sqs")
    found = [_count(queue, queues, ages.get(queue.name)) for queue in stack.queues]
    if stack.unseen is None:
        return Survey(stack.name, found)
    try:
        return Survey(stack.name, [*found, _unseen(stack.unseen, clients, clock)])
    except (Refused, *AWS_ERRORS) as error:
        return Survey(stack.name, found, sentence(error, "redrive"))


def _count(queue: DeadLetterQueue, queues: "SQSClient", oldest: timedelta | None) -> Count:
    messages, in_flight = counts(queues, queue.url)
    return Count(queue.name, messages, in_flight, oldest if messages else None)


def _unseen(uploads: DeadLetterQueue, clients: Clients, clock: Clock) -> Count:
    found = UnseenUploads(invoker(clients), uploads.url)
    oldest = next(found.messages(lambda: False), None)
    return Count(uploads.name, found.count(), 0, clock.now() - oldest.sent if oldest else None)


def _ages(queues: Sequence[DeadLetterQueue], clients: Clients, clock: Clock) -> Mapping[str, timedelta]:
    """Return the ages of the oldest messages by queue, as far as CloudWatch has them."""
    now = clock.now()
    try:
        results = clients("cloudwatch").get_metric_data(
            MetricDataQueries=[_query(number, queue) for number, queue in enumerate(queues)],
            StartTime=now - RECENT,
            EndTime=now,
            ScanBy="TimestampDescending",
        )["MetricDataResults"]
    except AWS_ERRORS:
        # Ages are optional: without permission for metrics, the counts are still returned.
        return {}
    newest = {int(result.get("Id", "").removeprefix("q")): result.get("Values", [])[:1] for result in results}
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
