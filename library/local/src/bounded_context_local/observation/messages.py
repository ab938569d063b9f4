"""Polling of queues and logs, and metrics of AWS/SNS, AWS/SQS, AWS/Events, AWS/Scheduler and AWS/Transfer.

AWS extracts the metrics of the functions from their logs, the emulator does not: the run publishes them to CloudWatch.

Measured: NumberOfMessagesPublished, from the relay's metric and the state machine's history;
NumberOfNotificationsDelivered, at the subscribers' queues. Assumed: NumberOfNotificationsFailed.

Polls count the visible messages. The run's own readers record each received and deleted message with its times.
For a queue without a reader, the age of the oldest message is the time since the queue was last empty.

Measured: MatchedEvents and Invocations, for events that this run sent (the emulator evaluates the rules). Assumed:
FailedInvocations, and all metrics of rules without events.

Measured: InvocationAttemptCount, from the calls of the schedule's function. Assumed: InvocationDroppedCount.
"""

import json
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bounded_context.declaration.measures import EVENTS_PUBLISHED
from bounded_context_cli.command.output import LocalRunError

from .. import stand_ins
from ..actors.subscriber import Reception
from ..emulator.aws import Aws
from ..provider import Deployment
from ..stack_state import Sent, Upload
from .invocations import zeros
from .logs import LoggedCall, Logs, Sample, own_metrics

SNS_NAMESPACE = "AWS/SNS"
SNS_NAMES = ("NumberOfMessagesPublished", "NumberOfNotificationsDelivered", "NumberOfNotificationsFailed")
PUBLISH = ":sns:publish"


def sns_samples(
    topic_arn: str,
    own: Iterable[Sample],
    histories: Iterable[list[dict[str, Any]]],
    receptions: Mapping[str, list[Reception]],
    now: float,
) -> Iterator[Sample]:
    """Yield the topic's samples.

    Args:
        topic_arn: the topic's ARN.
        own: the samples of the functions' own metrics.
        histories: the events of each execution.
        receptions: the received events by subscriber.
        now: the time of assumed samples, in seconds since 1970.
    """
    dimensions = {"TopicName": topic_arn.rpartition(":")[2]}
    published = [(sample.time, sample.value) for sample in own if sample.metric == EVENTS_PUBLISHED.name]
    published += [(time, 1.0) for history in histories for time in _published(history)]
    for published_at, count in published:
        yield Sample(SNS_NAMESPACE, "NumberOfMessagesPublished", dimensions, "Count", published_at, count)
    for received in receptions.values():
        for reception in received:
            yield Sample(SNS_NAMESPACE, "NumberOfNotificationsDelivered", dimensions, "Count", reception.sent, 1)
    yield from zeros(SNS_NAMESPACE, dimensions, ["NumberOfNotificationsFailed"], now)


def _published(history: list[dict[str, Any]]) -> Iterator[float]:
    for event in history:
        if str(event.get("taskSucceededEventDetails", {}).get("resource", "")).endswith(PUBLISH):
            yield event["timestamp"].timestamp()


SQS_NAMESPACE = "AWS/SQS"
VISIBLE = "ApproximateNumberOfMessagesVisible"
AGE = "ApproximateAgeOfOldestMessage"
SQS_NAMES = (VISIBLE, AGE, "NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted")


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
        attributes = ["ApproximateNumberOfMessages"]
        answer = self._aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=attributes)
        return int(answer["Attributes"][attributes[0]])

    def _add(self, name: str, waiting: int, now: float) -> None:
        filled = self._filled.setdefault(name, now) if waiting else self._filled.pop(name, now)
        age = now - filled if waiting else 0.0
        dimensions = {"QueueName": name}
        self.samples.append(Sample(SQS_NAMESPACE, VISIBLE, dimensions, "Count", now, waiting))
        self.samples.append(Sample(SQS_NAMESPACE, AGE, dimensions, "Seconds", now, age))


def sqs_samples(polled: list[Sample], receptions: Mapping[str, list[Reception]]) -> Iterator[Sample]:
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
    yield Sample(SQS_NAMESPACE, "NumberOfMessagesSent", dimensions, "Count", received.sent, 1)
    yield Sample(SQS_NAMESPACE, "NumberOfMessagesReceived", dimensions, "Count", received.time, 1)
    yield Sample(SQS_NAMESPACE, "NumberOfMessagesDeleted", dimensions, "Count", received.time, 1)
    yield Sample(SQS_NAMESPACE, AGE, dimensions, "Seconds", received.time, max(received.time - received.sent, 0.0))


EVENTS_NAMESPACE = "AWS/Events"
EVENTS_NAMES = ("MatchedEvents", "Invocations", "FailedInvocations")


def events_samples(aws: Aws, events: Iterable[Sent], now: float) -> Iterator[Sample]:
    """Yield the samples of every rule on the default bus.

    Args:
        aws: the emulator.
        events: the events that the run sent.
        now: the time of assumed samples, in seconds since 1970.
    """
    events = list(events)
    for rule in aws.call("events", "list_rules")["Rules"]:
        times = _matched(aws, rule, events)
        dimensions = {"RuleName": rule["Name"]}
        for matched in times:
            for metric in ("MatchedEvents", "Invocations"):
                yield Sample(EVENTS_NAMESPACE, metric, dimensions, "Count", matched, 1)
        unmatched = () if times else ("MatchedEvents", "Invocations")
        yield from zeros(EVENTS_NAMESPACE, dimensions, (*unmatched, "FailedInvocations"), now)


def _matched(aws: Aws, rule: Mapping[str, Any], events: list[Sent]) -> list[float]:
    pattern = rule.get("EventPattern")
    return [event.time for event in events if pattern and _matches(aws, pattern, event)]


def _matches(aws: Aws, pattern: str, published: Sent) -> bool:
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "account": aws.account,
        "region": aws.region,
        "time": datetime.fromtimestamp(published.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "resources": [],
        "source": published.source,
        "detail-type": published.kind,
        "detail": published.detail,
    }
    return aws.call("events", "test_event_pattern", EventPattern=pattern, Event=json.dumps(event))["Result"]


SCHEDULER_NAMESPACE = "AWS/Scheduler"
SCHEDULER_NAMES = ("InvocationAttemptCount", "InvocationDroppedCount")


def scheduler_samples(
    aws: Aws, calls: Iterable[LoggedCall], aliases: Mapping[str, str], now: float
) -> Iterator[Sample]:
    """Yield the samples of every schedule.

    Args:
        aws: the emulator.
        calls: the calls of all functions.
        aliases: the aliases' ARNs by function.
        now: the time of assumed samples, in seconds since 1970.
    """
    calls = list(calls)
    for schedule in aws.call("scheduler", "list_schedules")["Schedules"]:
        dimensions = {"ScheduleGroup": schedule["GroupName"]}
        for call in calls:
            if aliases.get(call.function) == schedule["Target"]["Arn"]:
                yield Sample(SCHEDULER_NAMESPACE, "InvocationAttemptCount", dimensions, "Count", call.began, 1)
        yield from zeros(SCHEDULER_NAMESPACE, dimensions, ["InvocationDroppedCount"], now)


TRANSFER_NAMESPACE = "AWS/Transfer"
TRANSFER_NAMES = ("FilesIn", "BytesIn")


def transfer_samples(server_id: str, uploads: Iterable[Upload]) -> Iterator[Sample]:
    """Yield the samples of uploads."""
    for upload in uploads:
        yield Sample(TRANSFER_NAMESPACE, "FilesIn", {"ServerId": server_id}, "Count", upload.arrived, 1)
        yield Sample(TRANSFER_NAMESPACE, "BytesIn", {"ServerId": server_id}, "Bytes", upload.arrived, upload.size)


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
        functions = deployment.physical_ids(FUNCTION).items()
        self.logs = Logs(aws, {name.replace("-", "_"): f"/aws/lambda/{function}" for name, function in functions})
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
