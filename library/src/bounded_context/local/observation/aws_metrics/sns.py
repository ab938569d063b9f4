"""AWS/SNS, of the topic that tells other contexts.

Measured: NumberOfMessagesPublished, as the relay and the state machine tell it; NumberOfNotificationsDelivered, at the
subscribers' queues. Assumed: NumberOfNotificationsFailed.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ....measures import EVENTS_PUBLISHED
from ...subscribers import Reception
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
        topic_arn: the topic's.
        own: the functions' own samples.
        histories: the events of each execution.
        receptions: what each subscriber received.
        now: the time of what is assumed, in seconds since 1970.
    """
    dimensions = {"TopicName": topic_arn.rpartition(":")[2]}
    published = [(one.time, one.value) for one in own if one.metric == EVENTS_PUBLISHED.name]
    published += [(time, 1.0) for history in histories for time in _published(history)]
    for time, count in published:
        yield Sample(NAMESPACE, "NumberOfMessagesPublished", dimensions, "Count", time, count)
    for received in receptions.values():
        for one in received:
            yield Sample(NAMESPACE, "NumberOfNotificationsDelivered", dimensions, "Count", one.sent, 1)
    yield from zeros(NAMESPACE, dimensions, ["NumberOfNotificationsFailed"], now)


def _published(history: list[dict[str, Any]]) -> Iterator[float]:
    for event in history:
        if str(event.get("taskSucceededEventDetails", {}).get("resource", "")).endswith(PUBLISH):
            yield event["timestamp"].timestamp()
