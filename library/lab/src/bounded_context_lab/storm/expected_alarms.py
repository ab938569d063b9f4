"""The fixed table of expected alarms: each kind of fault, and each type of affected resource.

No row is read from the stack's alarms. The names and severities are those of the runbook, "The alarms". Metrics,
dimensions and statistics are those of AWS's documents:

- Lambda developer guide, "Types of metrics for Lambda functions": Errors, Duration, IteratorAge,
  DestinationDeliveryFailures. "View metrics for Lambda functions": FunctionName, Resource, ExecutedVersion.
- SQS developer guide, "Available CloudWatch metrics for Amazon SQS": ages and visible messages, by QueueName.
- DynamoDB developer guide, "DynamoDB metrics and dimensions": throttle events, by table and by index.
- Step Functions developer guide, "Monitoring Step Functions metrics using Amazon CloudWatch": failed executions.
- API Gateway developer guide, "Working with metrics for HTTP APIs": 5xx, by ApiId and Stage.
- EventBridge Scheduler user guide, "Monitoring Amazon EventBridge Scheduler with Amazon CloudWatch": dropped calls.

The limits of ages are retentions, after which work is lost: 24 hours in a stream (DynamoDB developer guide, "Change
data capture for DynamoDB Streams"), and 7 days in a queue of a stack (the runbook, "A subscriber does not keep up").
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from bounded_context.declaration import measures
from bounded_context_infra.configuration.alarms import Severity

Kind = Literal["kill", "hang", "throttle", "refuse", "deny", "revoke", "spoil", "repeat", "reorder", "delay"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

Part = Literal[
    "",
    "command or query",
    "step",
    "stream reader",
    "queue reader",
    "watch",
    "sweep",
    "exports",
    "hook",
    "other",
    "workflow",
    "dead letters",
    "subscriber",
    "own",
    "events",
    "inbox",
    "abandoned batches",
    "stream",
    "queue",
    "upload",
    "broken upload",
    "abandoned batch",
]
"""The part of a resource in a context's architecture, which distinguishes resources of a type."""

Subjects = Literal[
    "itself", "reader", "queue", "indexes", "machine", "users", "uploads", "stream readers", "api", "group"
]
"""The resources that a row watches: the affected resource, or resources that depend on it."""

CRITICAL: Final = frozenset(
    {
        *("callers-errors", "background-errors", "api-errors", "mappings-failing", "dead-letters-critical"),
        *("relay-events-stream-age", "relay-events-given-up-lost", "list-import-failed"),
        *("lists-unfinished", "lists-uploads-unseen"),
    }
)
"""The expected alarms that wake a person (the runbook, "The alarms"). All others are warnings."""

DAY: Final = 24 * 60 * 60
DAY_MS: Final = 1000 * DAY
WEEK: Final = 7 * DAY


@dataclass(frozen=True)
class Watch:
    """An alarm that must exist: if its metric is `bad` for some minutes, it notifies the topic of its severity.

    Names and values in braces are facts of the watched resource (see `resources.facts`).

    Attributes:
        alarm: the alarm's name, without the stack's prefix. Numbered alarms of the same name count too.
        namespace: the metric's namespace.
        metric: the metric's name.
        dimensions: all dimensions of the metric. CloudWatch has no data for other combinations.
        bad: a value of the metric during the fault.
        good: a value of the metric without a fault, which sets off no alarm.
        minutes: the longest duration of the fault without the alarm.
        statistic: the statistic that shows a single bad value.
        every: the minutes between two values.
        silence: whether the alarm also notifies if the metric has no data, because its writer fails.
    """

    alarm: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str] = field(hash=False)
    bad: float | str = 1
    good: float = 0
    minutes: int = 5
    statistic: str = "Sum"
    every: int = 1
    silence: bool = False

    @property
    def severity(self) -> Severity:
        """The severity, of an alarm whose name has no braces."""
        return "critical" if self.alarm in CRITICAL else "warning"


@dataclass(frozen=True)
class Entry:
    """Rows of the table: kinds of faults, a type and part of the affected resource, and the expected alarms."""

    kinds: tuple[Kind, ...]
    type: str
    part: Part
    rows: tuple[tuple[Watch, Subjects], ...]


_ALIAS: Final = {"FunctionName": "{called}", "Resource": "{called}:live"}
_QUEUE: Final = {"QueueName": "{called}"}
_OWN: Final = {"service": "{context}"}

ERRORS: Final = Watch("{group}-errors", "AWS/Lambda", "Errors", _ALIAS)
NEW_VERSION: Final = Watch(
    "{name}-new-version-errors", "AWS/Lambda", "Errors", {**_ALIAS, "ExecutedVersion": "{version}"}
)
DURATION: Final = Watch("{group}-duration", "AWS/Lambda", "Duration", _ALIAS, "{timeout}", 1, 15, "Maximum")
STREAM_AGE: Final = Watch(
    "{name}-stream-age", "AWS/Lambda", "IteratorAge", {"FunctionName": "{called}"}, DAY_MS, 1000, 15, "Maximum"
)
GIVEN_UP: Final = Watch(
    "{name}-given-up-lost", "AWS/Lambda", "DestinationDeliveryFailures", {"FunctionName": "{called}"}
)
QUEUE_AGE: Final = Watch(
    "{ages}-age", "AWS/SQS", "ApproximateAgeOfOldestMessage", _QUEUE, WEEK, 10, 10, statistic="Maximum"
)
DEAD_LETTERS: Final = Watch(
    "dead-letters-{severity}",
    "AWS/SQS",
    "ApproximateNumberOfMessagesVisible",
    {"QueueName": "{letters}"},
    statistic="Maximum",
)
READS: Final = Watch("table-throttles", "AWS/DynamoDB", "ReadThrottleEvents", {"TableName": "{called}"}, minutes=10)
WRITES: Final = Watch("table-throttles", "AWS/DynamoDB", "WriteThrottleEvents", {"TableName": "{called}"}, minutes=10)
_INDEX: Final = {"TableName": "{called}", "GlobalSecondaryIndexName": "{index}"}
INDEX_READS: Final = Watch("table-throttles", "AWS/DynamoDB", "ReadThrottleEvents", _INDEX, minutes=10)
INDEX_WRITES: Final = Watch("table-throttles", "AWS/DynamoDB", "WriteThrottleEvents", _INDEX, minutes=10)
IMPORT_FAILED: Final = Watch("{name}-failed", "AWS/States", "ExecutionsFailed", {"StateMachineArn": "{arn}"})
API_ERRORS: Final = Watch("api-errors", "AWS/ApiGateway", "5xx", {"ApiId": "{api}", "Stage": "{stage}"})
DROPPED: Final = Watch("{name}-dropped", "AWS/Scheduler", "InvocationDroppedCount", {"ScheduleGroup": "{called}"})
MAPPINGS: Final = Watch(
    "mappings-failing", "{prefix}", measures.MAPPINGS_FAILING.name, _OWN, 1, 0, 20, "Maximum", silence=True
)
UNFINISHED: Final = Watch(
    "lists-unfinished",
    "{prefix}",
    measures.OLDEST_UNFINISHED.name,
    _OWN,
    2 * DAY_MS / 1000,
    10,
    10,
    "Maximum",
    silence=True,
)
UNSEEN: Final = Watch(
    "lists-uploads-unseen", "{prefix}", measures.UPLOADS_UNSEEN.name, _OWN, 1, 0, 45, "Maximum", 15, silence=True
)
EXPORTS_LATE: Final = Watch(
    "exports-late", "{prefix}", measures.OLDEST_UNPREPARED.name, _OWN, 7200, 0, 45, "Maximum", 15, silence=True
)
BROKEN: Final = Watch("lists-uploads-broken", "{prefix}", measures.UPLOADS_BROKEN.name, _OWN, minutes=60)

_FUNCTION: Final = ((ERRORS, "itself"), (NEW_VERSION, "itself"))
_STOPPED: Final[Mapping[Part, tuple[tuple[Watch, Subjects], ...]]] = {
    "command or query": (*_FUNCTION, (API_ERRORS, "api")),
    "step": (*_FUNCTION, (IMPORT_FAILED, "machine")),
    "stream reader": (*_FUNCTION, (STREAM_AGE, "itself"), (MAPPINGS, "itself")),
    "queue reader": (*_FUNCTION, (QUEUE_AGE, "queue"), (DEAD_LETTERS, "queue"), (MAPPINGS, "itself")),
    "watch": (*_FUNCTION, (MAPPINGS, "itself"), (UNFINISHED, "itself")),
    "sweep": (*_FUNCTION, (UNSEEN, "itself")),
    "exports": (*_FUNCTION, (EXPORTS_LATE, "itself")),
    "other": _FUNCTION,
    "hook": (),
}
"""The alarms of a function that stops. CodeDeploy itself ends a release whose hook fails."""

_HANGS: Final[Mapping[Part, tuple[tuple[Watch, Subjects], ...]]] = {
    part: (*rows, (DURATION, "itself"), *(((UNFINISHED, "itself"),) if part == "step" else ()))
    for part, rows in _STOPPED.items()
    if rows
}
"""A step that hangs until its timeout of minutes leaves its list unfinished before its call counts as an error."""

_UNREAD_FILES: Final = ((ERRORS, "users"), (IMPORT_FAILED, "machine"), (UNSEEN, "itself"))
_DELIVERIES: Final[tuple[Kind, ...]] = ("repeat", "reorder", "delay")
_UNREAD: Final = ((QUEUE_AGE, "queue"), (DEAD_LETTERS, "queue"))
_UNSTARTED: Final = ((UNSEEN, "itself"), (DEAD_LETTERS, "uploads"))
_TABLE_ROWS: Final = ((READS, "itself"), (WRITES, "itself"), (INDEX_READS, "indexes"), (INDEX_WRITES, "indexes"))
_STREAM_USERS: Final = ((STREAM_AGE, "stream readers"),)

TABLE: Final[tuple[Entry, ...]] = (
    *(Entry(("kill",), "lambda/function", part, rows) for part, rows in _STOPPED.items()),
    *(Entry(("hang",), "lambda/function", part, rows) for part, rows in _HANGS.items()),
    *(Entry(("revoke",), "iam/role", part, rows) for part, rows in _STOPPED.items()),
    Entry(("revoke",), "iam/role", "workflow", ((IMPORT_FAILED, "machine"),)),
    Entry(("revoke",), "iam/role", "upload", _UNSTARTED),
    Entry(("throttle",), "dynamodb/table", "", _TABLE_ROWS),
    Entry(("refuse",), "dynamodb/table", "", (*_TABLE_ROWS, (ERRORS, "users"), (IMPORT_FAILED, "machine"))),
    Entry(("deny",), "dynamodb/table", "", ((ERRORS, "users"),)),
    Entry(("throttle", "refuse"), "sns/topic", "events", _STREAM_USERS),
    Entry(("deny",), "sns/topic", "events", ((ERRORS, "users"), *_STREAM_USERS)),
    Entry(
        ("throttle", "deny"), "s3/bucket", "inbox", ((ERRORS, "users"), (IMPORT_FAILED, "machine"), (UNSEEN, "itself"))
    ),
    Entry(("throttle", "deny"), "s3/bucket", "abandoned batches", ((GIVEN_UP, "stream readers"),)),
    Entry(("throttle", "deny"), "sfn/stateMachine", "", ((ERRORS, "users"), (UNFINISHED, "itself"))),
    Entry(("throttle", "deny"), "kms/key", "", ((ERRORS, "users"), *_STREAM_USERS, (IMPORT_FAILED, "machine"))),
    Entry(("throttle",), "sqs/queue", "subscriber", _UNREAD),
    Entry(("throttle", "refuse"), "sqs/queue", "own", _UNREAD),
    Entry(("throttle", "refuse"), "sqs/queue", "dead letters", ((DEAD_LETTERS, "queue"), (ERRORS, "users"))),
    Entry(("deny",), "sqs/queue", "subscriber", ((DEAD_LETTERS, "queue"),)),
    Entry(("deny",), "sqs/queue", "own", ((DEAD_LETTERS, "queue"),)),
    Entry(("spoil",), "lambda/eventSourceMapping", "stream", ((STREAM_AGE, "reader"), (DEAD_LETTERS, "reader"))),
    Entry(("spoil",), "lambda/eventSourceMapping", "queue", ((DEAD_LETTERS, "queue"),)),
    Entry(_DELIVERIES, "lambda/eventSourceMapping", "stream", ((MAPPINGS, "itself"), (STREAM_AGE, "reader"))),
    Entry(_DELIVERIES, "lambda/eventSourceMapping", "queue", (*_UNREAD, (MAPPINGS, "itself"))),
    Entry(_DELIVERIES, "sns/topicSubscription", "", _UNREAD),
    Entry(_DELIVERIES, "cloudwatch/eventTarget", "upload", _UNSTARTED),
    Entry(_DELIVERIES, "cloudwatch/eventTarget", "broken upload", (*_UNSTARTED, (BROKEN, "itself"))),
    Entry(_DELIVERIES, "cloudwatch/eventTarget", "abandoned batch", ((DEAD_LETTERS, "reader"),)),
    Entry(_DELIVERIES, "scheduler/schedule", "watch", ((UNFINISHED, "itself"), (MAPPINGS, "itself"))),
    Entry(_DELIVERIES, "scheduler/schedule", "sweep", ((UNSEEN, "itself"),)),
    Entry(_DELIVERIES, "scheduler/schedule", "exports", ((DROPPED, "group"), (EXPORTS_LATE, "itself"))),
    Entry(_DELIVERIES, "scheduler/schedule", "other", ((DROPPED, "group"),)),
    Entry(("revoke",), "iam/role", "", ()),
    Entry(_DELIVERIES, "cloudwatch/eventTarget", "other", ()),
    Entry(_DELIVERIES, "scheduler/schedule", "", ()),
    Entry(_DELIVERIES, "apigatewayv2/route", "", ()),
)
"""An entry without alarms is a decision too. The caller of a route waits for its answer, and repeats its request. The
next call of a schedule without retries does the same. No function has the permissions of a role without a part."""
