"""AWS/SNS, for the topic of the context's events.

Measured: NumberOfMessagesPublished, from the relay's metric and the state machine's history;
NumberOfNotificationsDelivered, at the subscribers' queues. Assumed: NumberOfNotificationsFailed.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bounded_context.declaration.measures import EVENTS_PUBLISHED

from ...actors.subscriber import Reception
from ..samples import Sample
from . import zeros

NAMESPACE = "AWS/SNS"
NAMES = ("NumberOfMessagesPublished", "NumberOfNotificationsDelivered", "NumberOfNotificationsFailed")
PUBLISH = ":sns:publish"


def samples(
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
    for time, count in published:
        yield Sample(NAMESPACE, "NumberOfMessagesPublished", dimensions, "Count", time, count)
    for received in receptions.values():
        for reception in received:
            yield Sample(NAMESPACE, "NumberOfNotificationsDelivered", dimensions, "Count", reception.sent, 1)
    yield from zeros(NAMESPACE, dimensions, ["NumberOfNotificationsFailed"], now)


def _published(history: list[dict[str, Any]]) -> Iterator[float]:
    for event in history:
        if str(event.get("taskSucceededEventDetails", {}).get("resource", "")).endswith(PUBLISH):
            yield event["timestamp"].timestamp()
