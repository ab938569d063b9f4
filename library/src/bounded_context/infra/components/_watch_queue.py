"""What is wrong with queues: messages wait too long, or have ended in one."""

from collections.abc import Mapping

import pulumi
from pulumi_aws import sqs

from ..alerts import Alerts, DeadLetters, Notice, Severity
from ._alarm import Metric, Part, When, joined
from ._component import Component


def watch_dead_letters(alerts: Alerts, name: str, dead_letters: sqs.Queue, severity: Severity) -> None:
    """Have the alarm of this severity on all dead letters (see `DeadLetterAlarms`) watch the queue `name`, too."""
    alerts.dead_letters.append(DeadLetters(name, dead_letters.name, severity))


def alarm_on_dead_letters(owner: Component, alerts: Alerts, severity: Severity, says: str) -> None:
    """Notify when a dead-letter queue of this severity holds something, and say what that means (`says`)."""
    parts = [
        Part(one.name, {"letters": _metric("ApproximateNumberOfMessagesVisible", one.queue_name)})
        # Sorted: the order in which queues are made changes nothing.
        for one in sorted(alerts.dead_letters, key=lambda one: one.name)
        if one.severity == severity
    ]
    notice = Notice(severity, says, "a-dead-letter-queue-is-not-empty")
    # Who looks into a queue hides its messages for a while: that is not the end of it.
    joined(owner, alerts, f"{owner.name}-{severity}", notice, parts, "SUM", When(bad=1, of=5))


def watch_age(
    owner: Component, alerts: Alerts, name: str, queues: Mapping[str, sqs.Queue], says: str, section: str
) -> None:
    """Warn that the oldest message of one of these queues waits too long, and what that means (`says`)."""
    minutes = alerts.thresholds.queue_age_minutes
    parts = [Part(one, {"age": _metric("ApproximateAgeOfOldestMessage", queue.name)}) for one, queue in queues.items()]
    notice = Notice("warning", f"The oldest message of a queue waits for over {minutes} minutes: {says}", section)
    joined(owner, alerts, f"{name}-age", notice, parts, "MAX", When(minutes * 60, bad=3, of=5))


def _metric(name: str, queue_name: pulumi.Output[str]) -> Metric:
    return Metric("AWS/SQS", name, {"QueueName": queue_name}, "Maximum")
