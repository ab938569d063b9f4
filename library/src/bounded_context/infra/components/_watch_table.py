"""What is wrong with a table and with its stream.

An alarm on a metric of AWS/DynamoDB stays as it is while there are no data, whatever one asks for (CloudWatch API
reference, PutMetricAlarm), and these have data only while something is wrong: filled with zeros, they end.
"""

from collections.abc import Sequence

import pulumi

from ..alerts import Alerts, Notice, Severity
from ._alarm import MINUTE, Metric, When, alarm, calculated
from ._component import Component

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
"""What may be done to items. AWS counts its own errors by table and operation only, and an alarm takes ten metrics."""

_LASTING = When(bad=3, of=5)


def watch_table(
    owner: Component, alerts: Alerts, name: str, table_name: pulumi.Input[str], indexes: Sequence[str] = ()
) -> None:
    """Warn that the table, or one of its indexes, turns requests away, or fails to answer them, for some minutes.

    An index is throttled on its own, and its metrics have its name (DynamoDB, "Metrics and dimensions"). With the
    table's own they are ten metrics at most, which an alarm may have: four indexes.
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
            "The table or an index turns reads or writes away, in three of five minutes: commands and imports are "
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
    """The dimensions of the table's metrics, and of those of each index."""
    table: dict[str, pulumi.Input[str]] = {"TableName": table_name}
    return [table, *({**table, "GlobalSecondaryIndexName": index} for index in indexes)]


def watch_stream(owner: Component, alerts: Alerts, consumer: str, severity: Severity) -> None:
    """Make the alarms on a function `consumer` that reads the table's stream: it is behind, or loses batches."""
    _behind(owner, alerts, consumer, severity)
    _lost(owner, alerts, consumer, severity)


def _lost(owner: Component, alerts: Alerts, consumer: str, severity: Severity) -> None:
    """Make the alarm on batches that Lambda could not write to the bucket of given-up batches.

    Lambda counts these failures by the function (Lambda developer guide, "Types of metrics for Lambda functions",
    DestinationDeliveryFailures).
    """
    says = (
        f"Lambda gave up on a batch of {consumer} and could not write it to the bucket of given-up batches. The stream "
        "has it for 24 hours from its change."
    )
    notice = Notice(severity, says, "a-batch-that-was-given-up-is-not-kept")
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
            f"{consumer} is over {minutes} minutes behind with what happened in the table, and so is whoever it tells. "
            "The stream forgets after 24 hours.",
            "a-reader-of-the-stream-is-behind",
        ),
        Metric("AWS/Lambda", "IteratorAge", _function(owner, consumer), "Maximum"),
        # A batch that fails is tried again after longer and longer pauses, and each try says how old it is.
        When(minutes * MINUTE * 1000, bad=1, of=15),
    )


def _function(owner: Component, consumer: str) -> dict[str, pulumi.Input[str]]:
    return {"FunctionName": owner.labels.name(consumer)}


def _sum(metrics: dict[str, Metric]) -> str:
    return f"SUM(FILL([{', '.join(metrics)}], 0))"
