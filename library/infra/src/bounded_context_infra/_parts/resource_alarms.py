"""Alarms on the HTTP API, functions, queues, tables and streams.

An alarm on a metric of AWS/DynamoDB keeps its state while data are missing, whatever its setting (CloudWatch API
reference, PutMetricAlarm). These metrics have data only during a fault. They are filled with zeros, so the alarms
end.
"""

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_aws import sqs

from ..configuration.alarms import Severity
from ..configuration.settings import ApiObjectives
from ..stack.program import Component
from ..stack.stack import Alerts, DeadLetters, Notice
from .alarms import MINUTE, Metric, Objective, Part, When, alarm, calculated, joined, watch_objective

Dimensions = Mapping[str, pulumi.Input[str]]
"""The dimensions of a metric, by name."""

LEAST_FAILURES = 5
"""Failed requests within an hour, or six, that set off an alarm. A single failure at night is left to the caller."""

LEAST_REFUSALS = 20
"""Refused requests within five minutes that set off an alarm. Fewer come from a person who tries the API."""

REFUSED_SHARE = 0.5


def watch_api(owner: Component, alerts: Alerts, api: Dimensions, objectives: ApiObjectives) -> None:
    """Make the alarms on failed (5xx), slow and mostly refused (4xx) requests, and on the objective."""
    _failing(owner, alerts, api)
    _slow(owner, alerts, api, objectives.latency_ms)
    _refusing(owner, alerts, api)
    _objective(owner, alerts, api, objectives.answered_percent)


def _failing(owner: Component, alerts: Alerts, api: Dimensions) -> None:
    notice = Notice(
        "critical",
        "The API answers with errors (5xx), in two of three minutes: callers do not know whether their command had its "
        "effect, and send it again.",
        "the-api-answers-with-errors",
    )
    alarm(owner, alerts, f"{owner.name}-errors", notice, _metric("5xx", api), When(bad=2, of=3))


def _slow(owner: Component, alerts: Alerts, api: Dimensions, limit: int) -> None:
    notice = Notice(
        "warning",
        f"One request in twenty waits over {limit} ms for its answer, for a quarter of an hour.",
        "the-api-is-slow",
    )
    when = When(limit, bad=3, of=3, period=5 * MINUTE)
    alarm(owner, alerts, f"{owner.name}-latency", notice, _metric("Latency", api, "p95"), when)


def _refusing(owner: Component, alerts: Alerts, api: Dimensions) -> None:
    notice = Notice(
        "warning",
        "The API refuses more than half of its requests (4xx), for a quarter of an hour: a caller lacks a permission, "
        "sends malformed commands, or sends too much.",
        "the-api-refuses-most-requests",
    )
    metrics = {"refused": _metric("4xx", api), "requests": _metric("Count", api)}
    share = f"IF(refused >= {LEAST_REFUSALS}, refused / requests, 0)"
    when = When(REFUSED_SHARE, bad=3, of=3, period=5 * MINUTE)
    calculated(owner, alerts, f"{owner.name}-refusals", notice, metrics, share, when)


def _objective(owner: Component, alerts: Alerts, api: Dimensions, percent: float) -> None:
    objective = Objective(
        "Callers of the API get errors (5xx)",
        "the-api-misses-its-objective",
        {owner.name: {"failed": _metric("5xx", api), "requests": _metric("Count", api)}},
        bad="{failed}",
        all="{requests}",
        percent=percent,
        least=LEAST_FAILURES,
    )
    watch_objective(owner, alerts, owner.name, objective)


def _metric(name: str, api: Dimensions, statistic: str = "Sum") -> Metric:
    return Metric("AWS/ApiGateway", name, api, statistic)


def watch_errors(owner: Component, alerts: Alerts, name: str, aliases: Mapping[str, Dimensions], means: str) -> None:
    """Make the critical alarm on errors of functions; `name` names their group, `means` is the effect of an error."""
    effect = f"Functions fail, in two of three minutes, whichever version runs: {means}"
    notice = Notice("critical", effect, "a-function-fails")
    joined(owner, alerts, f"{name}-errors", notice, _parts("Errors", aliases), "SUM", When(bad=2, of=3))


def watch_throttles(owner: Component, alerts: Alerts, name: str, aliases: Mapping[str, Dimensions]) -> None:
    """Make the warning about calls that Lambda throttles."""
    effect = "Lambda throttles calls, in three of five minutes: they are late, or lost if a caller does not retry."
    notice = Notice("warning", effect, "a-function-is-throttled")
    joined(owner, alerts, f"{name}-throttles", notice, _parts("Throttles", aliases), "SUM", When(bad=3, of=5))


def watch_loops(owner: Component, alerts: Alerts, name: str, aliases: Mapping[str, Dimensions]) -> None:
    """Make the warning about calls that Lambda stops as a part of a loop."""
    effect = "Lambda stopped a chain of calls that led to itself: its message becomes a dead letter."
    notice = Notice("warning", effect, "lambda-stops-a-loop")
    functions = {each: {"FunctionName": alias["FunctionName"]} for each, alias in aliases.items()}
    joined(owner, alerts, f"{name}-loops", notice, _parts("RecursiveInvocationsDropped", functions), "SUM", When())


def watch_durations(
    owner: Component, alerts: Alerts, name: str, aliases: Mapping[str, Dimensions], timeouts: Mapping[str, int]
) -> None:
    """Make the warning about calls that come near their function's timeout (seconds)."""
    percent = alerts.thresholds.duration_percent
    effect = f"A call took over {percent} % of its function's timeout: a slower call is interrupted."
    parts = [
        Part(
            function,
            {"duration": _function_metric("Duration", alias, "Maximum")},
            f"{{duration}} / {timeouts[function] * 10}",
        )
        for function, alias in aliases.items()
    ]
    # The alarm goes off at the first such call, and is over an hour after the last.
    when = When(percent, bad=1, of=12, period=5 * MINUTE)
    notice = Notice("warning", effect, "a-function-comes-near-its-timeout")
    joined(owner, alerts, f"{name}-duration", notice, parts, "MAX", when)


def watch_answers(
    owner: Component, alerts: Alerts, name: str, aliases: Mapping[str, Dimensions], percent: float
) -> None:
    """Make the alarms on the objective that `percent` of the calls of each command are answered."""
    kinds = ("Errors", "Throttles", "Invocations")
    objective = Objective(
        "Callers of a command get errors or are throttled",
        "a-command-misses-its-objective",
        {
            command: {kind.lower(): _function_metric(kind, alias) for kind in kinds}
            for command, alias in aliases.items()
        },
        # A throttled call does not count as an invocation.
        bad="SUM([{errors}, {throttles}])",
        all="SUM([{invocations}, {throttles}])",
        percent=percent,
        least=LEAST_FAILURES,
    )
    watch_objective(owner, alerts, name, objective)


def _parts(kind: str, aliases: Mapping[str, Dimensions]) -> list[Part]:
    return [Part(function, {kind.lower(): _function_metric(kind, alias)}) for function, alias in aliases.items()]


def _function_metric(name: str, alias: Dimensions, statistic: str = "Sum") -> Metric:
    return Metric("AWS/Lambda", name, alias, statistic)


def watch_dead_letters(alerts: Alerts, name: str, dead_letters: sqs.Queue, severity: Severity) -> None:
    """Add the queue `name` to the alarm of this severity on dead-letter queues (see `DeadLetterAlarms`)."""
    alerts.dead_letters.append(DeadLetters(name, dead_letters.name, severity))


def alarm_on_dead_letters(owner: Component, alerts: Alerts, severity: Severity, effect: str) -> None:
    """Make the alarm on messages in the dead-letter queues of this severity; `effect` completes the description."""
    parts = [
        Part(letters.name, {"letters": _queue_metric("ApproximateNumberOfMessagesVisible", letters.queue_name)})
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
        Part(title, {"age": _queue_metric("ApproximateAgeOfOldestMessage", queue.name)})
        for title, queue in queues.items()
    ]
    notice = Notice("warning", f"The oldest message of a queue waits for over {minutes} minutes: {effect}", section)
    joined(owner, alerts, f"{name}-age", notice, parts, "MAX", When(minutes * 60, bad=3, of=5))


def _queue_metric(name: str, queue_name: pulumi.Output[str]) -> Metric:
    return Metric("AWS/SQS", name, {"QueueName": queue_name}, "Maximum")


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
        for number, dimensions in enumerate(_table_parts(table_name, indexes))
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


def _table_parts(table_name: pulumi.Input[str], indexes: Sequence[str]) -> list[dict[str, pulumi.Input[str]]]:
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
