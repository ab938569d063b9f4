"""A table of limits that AWS's documentation contains and its models lack, each with its page.

Unless another page is named, the page is the API reference of the operation.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...configuration.config import LOG_RETENTION_DAYS
from .documents import DOCUMENTS, read
from .shapes import Fault


@dataclass(frozen=True)
class Limit:
    """A limit: the accepted values in words, a check of a value, and the page that documents it."""

    wanted: str
    holds: Callable[[Any], bool]
    page: str = "the API reference of the operation"


def _whole(least: int, most: int, page: str = Limit.page) -> Limit:
    """Return the limit of a whole number, also given as text."""
    return Limit(f"a whole number from {least} to {most}", lambda value: _is_within(value, least, most), page)


def _is_within(value: Any, least: int, most: int) -> bool:
    text = str(value)
    return text.isdecimal() and least <= int(text) <= most


def _form(pattern: str, words: str, page: str = Limit.page) -> Limit:
    """Return the limit of a text that must match a pattern."""
    return Limit(words, lambda value: re.fullmatch(pattern, str(value), re.ASCII) is not None, page)


def _choice(*values: Any) -> Limit:
    return Limit(f"one of {', '.join(map(str, values))}", lambda value: value in values)


def _most(count: int, unit: str, page: str = Limit.page) -> Limit:
    """Return the limit of a list's entries or of a text's characters."""
    return Limit(f"at most {count} {unit}", lambda value: len(value) <= count, page)


def _bytes(most: int, page: str = Limit.page) -> Limit:
    """Return the limit of the bytes of a text, or of a map's names and values."""
    return Limit(f"at most {most} bytes", lambda value: _size(value) <= most, page)


def _size(value: Any) -> int:
    texts = [value] if isinstance(value, str) else [text for pair in value.items() for text in pair]
    return sum(len(str(text).encode()) for text in texts)


def _redrive(text: Any) -> bool:
    """Return whether a redrive policy has a queue's ARN and a receive count that SQS accepts."""
    policy = json.loads(text)
    return policy.get("deadLetterTargetArn", "").startswith("arn:") and _is_within(
        int(policy.get("maxReceiveCount", 10)), 1, 1000
    )


def _sources(text: Any) -> bool:
    policy = json.loads(text)
    by_queue = policy.get("redrivePermission") == "byQueue"
    return policy.get("redrivePermission") in ("allowAll", "denyAll", "byQueue") and by_queue == (
        0 < len(policy.get("sourceQueueArns", ())) <= 10
    )


_ALARM_PERIOD = Limit(
    "10, 20, 30 or a multiple of 60 seconds", lambda value: value in (10, 20, 30) or (value > 0 and value % 60 == 0)
)
_IAM_QUOTAS = "IAM and AWS STS quotas"
_LAMBDA_QUOTAS = "Lambda quotas"

_ATTRIBUTES: Mapping[str, Limit] = {
    "Attributes.DelaySeconds": _whole(0, 900),
    "Attributes.KmsDataKeyReusePeriodSeconds": _whole(60, 86_400),
    "Attributes.MaximumMessageSize": _whole(1024, 1_048_576),
    "Attributes.MessageRetentionPeriod": _whole(60, 1_209_600),
    "Attributes.ReceiveMessageWaitTimeSeconds": _whole(0, 20),
    "Attributes.RedriveAllowPolicy": Limit("a permission, with up to 10 sources if it is byQueue", _sources),
    "Attributes.RedrivePolicy": Limit("a deadLetterTargetArn and a maxReceiveCount from 1 to 1000", _redrive),
    "Attributes.VisibilityTimeout": _whole(0, 43_200),
}

LIMITS: Mapping[str, Mapping[str, Limit]] = {
    "cloudwatch PutDashboard": {
        "DashboardName": _form(r"[A-Za-z0-9_-]{1,255}", "up to 255 letters, digits, - and _"),
    },
    "cloudwatch PutMetricAlarm": {
        "ExtendedStatistic": _form(
            r"(p|tm|tc|ts|wm)\d{1,2}(\.\d{1,10})?|p100|IQM|(PR|TC|TM|TS|WM)\(.+\)",
            "a percentile such as p95, or a trimmed statistic",
        ),
        "Metrics.Id": _form(
            r"[a-z][A-Za-z0-9_]*", "letters, digits and _, a lower-case letter first", "MetricDataQuery"
        ),
        "Metrics.MetricStat.Period": _ALARM_PERIOD,
        "Period": _ALARM_PERIOD,
        "TreatMissingData": _choice("breaching", "notBreaching", "ignore", "missing"),
    },
    "codedeploy CreateDeploymentGroup": {
        "alarmConfiguration.alarms": _most(10, "alarms", "CodeDeploy quotas"),
        "triggerConfigurations": _most(10, "triggers", "CodeDeploy quotas"),
    },
    "codepipeline CreatePipeline": {
        "pipeline.stages": Limit("2 to 50 stages", lambda value: 2 <= len(value) <= 50, "CodePipeline quotas"),
    },
    "dynamodb CreateTable": {
        "GlobalSecondaryIndexes": _most(20, "indexes"),
        "TableName": _form(r"[a-zA-Z0-9_.-]{3,255}", "3 to 255 letters, digits, _, . and -", "DynamoDB naming rules"),
    },
    "events PutRule": {"EventPattern": _most(2048, "characters", "EventBridge quotas")},
    "events PutTargets": {"Targets": _most(5, "targets of a rule", "EventBridge quotas")},
    "iam CreateRole": {
        "AssumeRolePolicyDocument": Limit(
            "at most 2048 characters, not counting white space",
            lambda value: len(re.sub(r"\s", "", value)) <= 2048,
            _IAM_QUOTAS,
        ),
        "Tags": _most(50, "tags", _IAM_QUOTAS),
    },
    "kms CreateKey": {"Policy": _bytes(32_768, "KMS quotas")},
    "kms ScheduleKeyDeletion": {"PendingWindowInDays": _whole(7, 30)},
    "lambda CreateFunction": {
        "Environment.Variables": _bytes(4096, _LAMBDA_QUOTAS),
        "FunctionName": _form(r"[A-Za-z0-9_-]{1,64}|arn:\S+", "up to 64 characters, or an ARN"),
        "Layers": _most(5, "layers", _LAMBDA_QUOTAS),
        "MemorySize": _whole(128, 10_240, _LAMBDA_QUOTAS),
        "Timeout": _whole(1, 900),
    },
    "lambda CreateEventSourceMapping": {
        "FilterCriteria.Filters": _most(5, "filters", "Lambda, event filtering"),
    },
    "logs PutRetentionPolicy": {"retentionInDays": _choice(*LOG_RETENTION_DAYS)},
    "s3 CreateBucket": {
        "Bucket": _form(
            r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
            "3 to 63 lower-case letters, digits, . and -",
            "S3, bucket naming rules",
        ),
    },
    "s3 PutBucketPolicy": {"Policy": _bytes(20_480, "S3, bucket policies")},
    "sns CreateTopic": {"Name": _form(r"[A-Za-z0-9_-]{1,256}(\.fifo)?", "up to 256 letters, digits, _ and -")},
    "sns Subscribe": {
        "Attributes.FilterPolicyScope": _choice("MessageAttributes", "MessageBody"),
        "Attributes.RedrivePolicy": Limit(
            "a deadLetterTargetArn", lambda value: json.loads(value).get("deadLetterTargetArn", "").startswith("arn:")
        ),
        "Protocol": _choice("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"),
    },
    "sqs CreateQueue": {
        **_ATTRIBUTES,
        "QueueName": Limit(
            "up to 80 letters, digits, - and _",
            lambda value: re.fullmatch(r"[A-Za-z0-9_-]+(\.fifo)?", value) is not None and len(value) <= 80,
        ),
    },
    "sqs SetQueueAttributes": _ATTRIBUTES,
    "ssm PutParameter": {
        "Name": _form(r"[a-zA-Z0-9_.\-/]{1,1011}", "letters, digits, _, ., - and /"),
        "Value": _bytes(8192),
    },
    "stepfunctions CreateStateMachine": {
        "loggingConfiguration.destinations.cloudWatchLogsLogGroup.logGroupArn": _form(
            r"\S+:\*", "the ARN of a log group with :* at its end", "CloudWatchLogsLogGroup"
        ),
        "name": _form(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]+", "no white space, brackets and wildcards"),
    },
    "transfer CreateUser": {
        "HomeDirectoryMappings.Entry": _form(r"/.*", "a path that begins with /"),
    },
}
"""Limits by a call's service and operation, and by the path in its request without the indexes of lists."""


def documented(named: str, request: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield the documented limits that a request of an operation (`sqs CreateQueue`) breaks, also in its documents."""
    limits, texts = LIMITS.get(named, {}), DOCUMENTS.get(named, {})
    for path, value in _places(request):
        place = re.sub(r"\[\d+\](?=\.)", "", path)
        if place in limits and not _holds(limits[place], value):
            yield Fault(path, limits[place].wanted, value)
        if place in texts and isinstance(value, str):
            yield from read(texts[place], path, value)


def _holds(limit: Limit, value: Any) -> bool:
    try:
        return limit.holds(value)
    except (AttributeError, TypeError, ValueError):  # another type, or not JSON
        return False


def _places(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value with its path, including structures and lists."""
    if path:
        yield path, value
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from _places(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from _places(member, f"{path}[{number}]")


def contradictory(named: str, request: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield members that AWS refuses in combination with other members of the request.

    The evaluation window of an alarm is at most a day, or seven days if its periods are hours. Its datapoints to alarm
    are at most its evaluation periods (API reference, PutMetricAlarm).
    """
    if named == "cloudwatch PutMetricAlarm":
        yield from _windows(request)


def _windows(alarm: Mapping[str, Any]) -> Iterator[Fault]:
    period, count = max(map(_seconds, [alarm, *alarm.get("Metrics", ())])), _number(alarm, "EvaluationPeriods")
    most = 604_800 if period >= 3600 else 86_400
    if period * count > most:
        yield Fault("EvaluationPeriods", f"periods of {most} seconds in all", count)
    if _number(alarm, "DatapointsToAlarm") > count:
        yield Fault("DatapointsToAlarm", f"at most the {count} of EvaluationPeriods", alarm["DatapointsToAlarm"])


def _seconds(query: Mapping[str, Any]) -> int:
    """Return the period of an alarm or of one of its queries."""
    return _number(query, "Period") or _number(query.get("MetricStat", {}), "Period")


def _number(values: Mapping[str, Any], name: str) -> int:
    """Return a member, or 0 if it is not a number. The models report such a member."""
    return values[name] if isinstance(values.get(name), int) else 0
