"""Alarms on a table and its stream.

An alarm on a metric of AWS/DynamoDB keeps its state while data are missing, whatever its setting (CloudWatch API
reference, PutMetricAlarm). These metrics have data only during a fault. They are filled with zeros, so the alarms
end.
"""

from collections.abc import Sequence

import pulumi

from ..configuration.alarms import Severity
from ..stack.alerts import Alerts, Notice
from ..stack.component import Component
from .alarms import MINUTE, Metric, When, alarm, calculated

OPERATIONS = (
    "GetItem",
    "BatchGetItem",
    "Query",
    "Scan",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "TransactGetItems",
    "TransactWriteItems",
    "BatchExecuteStatement",
)
"""The operations on items. AWS counts its own errors only by table and operation, and an alarm accepts ten metrics."""

_LASTING = When(bad=3, of=5)


def watch_table(
    owner: Component, alerts: Alerts, name: str, table_name: pulumi.Input[str], indexes: Sequence[str] = ()
) -> None:
    """Make the warnings about throttled requests and system errors of the table and its indexes.

    An index is throttled on its own, and its metrics have its name (DynamoDB, "Metrics and dimensions"). An alarm
    accepts ten metrics: two for the table, and two for each of up to four indexes.
    """
    throttles = {
        f"{kind.lower()}{number or ''}": Metric("AWS/DynamoDB", f"{kind}ThrottleEvents", dimensions)
        for number, dimensions in enumerate(_parts(table_name, indexes))
        for kind in ("Read", "Write")
    }
    calculated(
        owner,
        alerts,
        f"{name}-throttles",
        Notice(
            "warning",
            "The table or an index throttles reads or writes, in three of five minutes: commands and imports are "
            "slower, and some fail.",
            "the-table-throttles",
        ),
        throttles,
        _sum(throttles),
        _LASTING,
    )
    errors = {
        f"errors_{operation.lower()}": Metric(
            "AWS/DynamoDB", "SystemErrors", {"TableName": table_name, "Operation": operation}
        )
        for operation in OPERATIONS
    }
    calculated(
        owner,
        alerts,
        f"{name}-system-errors",
        Notice(
            "warning",
            "DynamoDB answers with errors of its own, in three of five minutes: commands and imports are slower, and "
            "some fail.",
            "the-table-answers-with-errors",
        ),
        errors,
        _sum(errors),
        _LASTING,
    )


def _parts(table_name: pulumi.Input[str], indexes: Sequence[str]) -> list[dict[str, pulumi.Input[str]]]:
    """Return the dimensions of the metrics of the table, and of each index."""
    table: dict[str, pulumi.Input[str]] = {"TableName": table_name}
    return [table, *({**table, "GlobalSecondaryIndexName": index} for index in indexes)]


def watch_stream(owner: Component, alerts: Alerts, consumer: str, severity: Severity) -> None:
    """Make the alarms on a function `consumer` that reads the table's stream: it is behind, or loses batches."""
    _behind(owner, alerts, consumer, severity)
    _lost(owner, alerts, consumer, severity)


def _lost(owner: Component, alerts: Alerts, consumer: str, severity: Severity) -> None:
    """Make the alarm on batches that Lambda could not write to the bucket of failed batches.

    Lambda counts these failures by function (Lambda developer guide, "Types of metrics for Lambda functions",
    DestinationDeliveryFailures).
    """
    effect = (
        f"Lambda abandoned a batch of {consumer} and could not write it to the bucket of abandoned batches. The stream "
        "stores it for 24 hours from its change."
    )
    notice = Notice(severity, effect, "an-abandoned-batch-is-not-stored")
    metric = Metric("AWS/Lambda", "DestinationDeliveryFailures", _function(owner, consumer))
    alarm(owner, alerts, f"{consumer}-given-up-lost", notice, metric, When(bad=1, of=15))


def _behind(owner: Component, alerts: Alerts, consumer: str, severity: Severity) -> None:
    minutes = alerts.thresholds.stream_age_minutes
    alarm(
        owner,
        alerts,
        f"{consumer}-stream-age",
        Notice(
            severity,
            f"{consumer} is over {minutes} minutes behind the changes of the table, and so are its subscribers. "
            "The stream stores changes for 24 hours.",
            "a-reader-of-the-stream-is-behind",
        ),
        Metric("AWS/Lambda", "IteratorAge", _function(owner, consumer), "Maximum"),
        # A failing batch is retried after longer and longer pauses, and each attempt reports its age.
        When(minutes * MINUTE * 1000, bad=1, of=15),
    )


def _function(owner: Component, consumer: str) -> dict[str, pulumi.Input[str]]:
    return {"FunctionName": owner.labels.name(consumer)}


def _sum(metrics: dict[str, Metric]) -> str:
    return f"SUM(FILL([{', '.join(metrics)}], 0))"
