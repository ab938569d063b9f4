"""Alarms on queues: old messages, and messages in dead-letter queues."""

from collections.abc import Mapping

import pulumi
from pulumi_aws import sqs

from ..configuration.alarms import Severity
from ..stack.alerts import Alerts, DeadLetters, Notice
from ..stack.component import Component
from .alarms import Metric, Part, When, joined


def watch_dead_letters(alerts: Alerts, name: str, dead_letters: sqs.Queue, severity: Severity) -> None:
    """Add the queue `name` to the alarm of this severity on dead-letter queues (see `DeadLetterAlarms`)."""
    alerts.dead_letters.append(DeadLetters(name, dead_letters.name, severity))


def alarm_on_dead_letters(owner: Component, alerts: Alerts, severity: Severity, effect: str) -> None:
    """Make the alarm on messages in the dead-letter queues of this severity; `effect` completes the description."""
    parts = [
        Part(letters.name, {"letters": _metric("ApproximateNumberOfMessagesVisible", letters.queue_name)})
        # Sorted, because the order in which queues are made may change.
        for letters in sorted(alerts.dead_letters, key=lambda letters: letters.name)
        if letters.severity == severity
    ]
    notice = Notice(severity, effect, "a-dead-letter-queue-is-not-empty")
    # A person who reads the queue hides its messages for a while, which must not end the alarm.
    joined(owner, alerts, f"{owner.name}-{severity}", notice, parts, "SUM", When(bad=1, of=5))


def watch_age(
    owner: Component, alerts: Alerts, name: str, queues: Mapping[str, sqs.Queue], effect: str, section: str
) -> None:
    """Make the warning about the oldest message of the given queues; `effect` completes the description."""
    minutes = alerts.thresholds.queue_age_minutes
    parts = [
        Part(title, {"age": _metric("ApproximateAgeOfOldestMessage", queue.name)}) for title, queue in queues.items()
    ]
    notice = Notice("warning", f"The oldest message of a queue waits for over {minutes} minutes: {effect}", section)
    joined(owner, alerts, f"{name}-age", notice, parts, "MAX", When(minutes * 60, bad=3, of=5))


def _metric(name: str, queue_name: pulumi.Output[str]) -> Metric:
    return Metric("AWS/SQS", name, {"QueueName": queue_name}, "Maximum")
