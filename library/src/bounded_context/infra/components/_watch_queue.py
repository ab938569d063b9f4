"""What is wrong with a queue: messages wait too long, or have ended in it."""

from pulumi_aws import sqs

from ..alerts import Alerts, Notice, Severity
from ._alarm import Metric, When, alarm
from ._component import Component


def watch_dead_letters(
    owner: Component, alerts: Alerts, name: str, dead_letters: sqs.Queue, severity: Severity, says: str
) -> None:
    """Tell that something lies in the dead-letter queue `name`, and what that means (`says`)."""
    alarm(
        owner,
        alerts,
        name,
        Notice(severity, f"{says} It lies in {name} for 14 days.", "a-dead-letter-queue-is-not-empty"),
        _metric("ApproximateNumberOfMessagesVisible", dead_letters),
        # Who looks into a queue hides its messages for a while: that is not the end of it.
        When(bad=1, of=5),
    )


def watch_age(owner: Component, alerts: Alerts, name: str, queue: sqs.Queue, says: str, section: str) -> None:
    """Warn that the oldest message of the queue `name` waits too long, and what that means (`says`)."""
    minutes = alerts.thresholds.queue_age_minutes
    alarm(
        owner,
        alerts,
        f"{name}-age",
        Notice(
            "warning",
            f"The oldest message in {name} waits for over {minutes} minutes: {says}",
            section,
        ),
        _metric("ApproximateAgeOfOldestMessage", queue),
        When(minutes * 60, bad=3, of=5),
    )


def _metric(name: str, queue: sqs.Queue) -> Metric:
    return Metric("AWS/SQS", name, {"QueueName": queue.name}, "Maximum")
