"""Encrypted queues and their policies, the rules that start an import, and the failed batches of a stream.

A malware scan by GuardDuty may precede an import. A plan needs no GuardDuty detector in the account (GuardDuty user
guide, "Malware Protection for S3").

Of a stream whose retries are exhausted, a bucket stores each batch, and a queue gets a message about it. A queue as the
mapping's own destination would get only the position of a batch in the stream, which stores changes for 24 hours. A
removal is stored nowhere else (Lambda Developer Guide, "Retain discarded records for a DynamoDB event source in
Lambda").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
from pulumi_aws import cloudwatch, guardduty, iam, lambda_, s3, sqs

from bounded_context.domain import lists

from ..stack.program import Account, Component, Statement, allow, document, grant, only_over_tls, trust
from ..stack.stack import Target
from .buckets import private_bucket

DEAD_LETTER_SECONDS = 14 * 24 * 3600
"""Retention of a dead-letter queue: the longest of SQS (SQS API reference, CreateQueue)."""

SOURCE_SECONDS = 7 * 24 * 3600
"""Retention of a queue with a dead-letter queue.

A message that SQS moves to the dead-letter queue keeps its time of sending (SQS Developer Guide, "Using dead-letter
queues"). It therefore has at least a week left there.
"""

MAX_RECEIVES = 5
"""Receives of a message before it moves to the dead-letter queue: Lambda's developer guide recommends at least 5
("Using Lambda with Amazon SQS", configuring a queue)."""

BATCH = 10
CONCURRENCY = 10
"""Concurrent batches. Each makes a few writes: some hundred messages a second, without the account's whole
concurrency."""

_TIMES = 6
"""Visibility timeout, as a multiple of the function's timeout (same page): a message stays hidden while its batch is
retried."""

_RECEIVE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


@dataclass(frozen=True)
class EventQueue:
    """A queue of undelivered events, by its ARN, and the policy that lets a rule send to it."""

    arn: pulumi.Output[str]
    policy: sqs.QueuePolicy


def queue(
    owner: Component, name: str, key_arn: pulumi.Input[str], *, fifo: bool = False, **arguments: Any
) -> sqs.Queue:
    """Make an encrypted queue; `arguments` are further arguments of sqs.Queue.

    A queue with a `redrive_policy` stores messages for 7 days. A queue without it is a dead-letter queue, with 14 days.
    The sender to a FIFO queue gives a `MessageDeduplicationId`: two messages of the same content are two messages.
    """
    if fifo:
        arguments["fifo_queue"] = True
    seconds = SOURCE_SECONDS if "redrive_policy" in arguments else DEAD_LETTER_SECONDS
    arguments.setdefault("message_retention_seconds", seconds)
    return sqs.Queue(
        name,
        name=owner.labels.queue(name, fifo=fifo),
        kms_master_key_id=key_arn,
        tags=owner.labels.tags,
        opts=owner.child(),
        **arguments,
    )


def queue_and_dead_letters(
    owner: Component, name: str, key_arn: pulumi.Input[str], timeout: int, *, fifo: bool = False
) -> tuple[sqs.Queue, sqs.Queue]:
    """Make a queue for a function that may take `timeout` seconds for a batch, and its dead-letter queue.

    The dead-letter queue of a FIFO queue is a FIFO queue (SQS Developer Guide, "Using dead-letter queues").
    """
    dead_letters = queue(owner, f"{name}-dead-letters", key_arn, fifo=fifo)
    main_queue = queue(
        owner,
        name,
        key_arn,
        fifo=fifo,
        visibility_timeout_seconds=_TIMES * timeout,
        redrive_policy=redrive_to(dead_letters, maxReceiveCount=MAX_RECEIVES),
    )
    only_from(owner, name, main_queue, dead_letters)
    return main_queue, dead_letters


def feed_from(owner: Component, source: sqs.Queue, target: Target, timeout: int, *statements: Statement) -> None:
    """Send the messages of `source` to a function's alias. Its role may receive them, and gets `statements`.

    A message that the function reports as failed is retried alone. `timeout` is the value that the queue was made with.
    Raises ValueError if the function's timeout is longer.
    """
    if target.timeout > timeout:
        kind = type(owner).__name__
        seconds = target.timeout
        raise ValueError(f"{target.snake_name} may take {seconds} seconds: pass timeout={seconds} to {kind}.")
    permission = grant(owner, target.role, allow(_RECEIVE, source.arn), *statements)
    lambda_.EventSourceMapping(
        f"{owner.name}-queue",
        event_source_arn=source.arn,
        function_name=target.alias_arn,
        batch_size=BATCH,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config={"maximum_concurrency": CONCURRENCY},
        tags=owner.labels.tags,
        opts=owner.child(depends_on=[permission]),
    )


def queue_policy(owner: Component, name: str, target: sqs.Queue, *statements: Statement) -> sqs.QueuePolicy:
    """Make the policy of `target`: TLS only, and these statements."""
    return sqs.QueuePolicy(
        f"{name}-policy",
        queue_url=target.url,
        policy=document(only_over_tls("sqs:*", target.arn), *statements),
        opts=owner.child(),
    )


def redrive_to(dead_letters: sqs.Queue, **more: int) -> pulumi.Output[str]:
    """Return the redrive policy, of a queue or a subscription, that moves failed messages to `dead_letters`."""
    return pulumi.Output.json_dumps({"deadLetterTargetArn": dead_letters.arn, **more})


def only_from(owner: Component, name: str, source: sqs.Queue, dead_letters: sqs.Queue) -> sqs.RedriveAllowPolicy:
    """Let only `source` use this dead-letter queue."""
    return sqs.RedriveAllowPolicy(
        f"{name}-redrive-allow",
        queue_url=dead_letters.url,
        redrive_allow_policy=pulumi.Output.json_dumps(
            {"redrivePermission": "byQueue", "sourceQueueArns": [source.arn]}
        ),
        opts=owner.child(),
    )


def sent_by(service: str, source_arn: pulumi.Input[Any], target: sqs.Queue) -> Statement:
    """Return the statement that lets `service` send to `target`, only for `source_arn` (an ARN or a list)."""
    return allow(
        ["sqs:SendMessage"],
        target.arn,
        Principal={"Service": f"{service}.amazonaws.com"},
        Condition={"ArnEquals": {"aws:SourceArn": source_arn}},
    )


DAY = 24 * 3600
"""Seconds: the longest period in which EventBridge retries."""

MOST_RETRIES = 185
"""The number of retries that EventBridge makes within a day."""

UPLOADS_DEAD_LETTERS = "uploads-dead-letters"
DOWNLOADS_DEAD_LETTERS = "downloads-dead-letters"
"""The name of the queue of uploads that did not start the workflow."""


SCANS = "aws.guardduty"
"""The source of events about scanned uploads."""

SCANNED = "GuardDuty Malware Protection Object Scan Result"
"""The type of an event about a scanned upload."""

NOT_TAGGED = "GuardDuty Malware Protection Post Scan Action Failed"
"""The type of an event about a scanned upload that GuardDuty could not tag."""


@dataclass(frozen=True)
class UploadRule:
    """Events that match `pattern` start the machine with `template`, whose `<name>`s are filled from `paths`."""

    name: str
    pattern: pulumi.Input[str]
    paths: Mapping[str, str]
    template: str


def sftp_rules(
    source: str, server_id: pulumi.Input[str], bucket: pulumi.Input[str], users: list[str] | None
) -> list[UploadRule]:
    """Return the rules for uploads by SFTP. `users` are the stack's users of a shared server, else None.

    Files with temporary names match as well: the workflow's first step ignores them, for SFTP and for the bucket. An
    empty list of users has no uploads, and no rule.
    """
    if users == []:
        return []
    sender = {"server-id": [server_id]} | ({"username": users} if users else {})
    path = '{"path": <path>, "detail": <detail>}'
    failed = '{"path": <path>, "failed": <event>, "detail": <detail>}'
    incoming: Any = [{"prefix": pulumi.Output.concat("/", bucket, "/incoming/")}]
    return [
        _sftp_rule("upload-completed", source, sender, "file-path", path),
        _sftp_rule("rename-completed", source, sender, "renamed-file-path", path),
        _sftp_rule("upload-failed", source, {**sender, "file-path": incoming}, "file-path", failed),
    ]


def s3_rules(bucket: pulumi.Input[str]) -> list[UploadRule]:
    """Return the rule for objects that are put into the bucket, for a stack without SFTP."""
    detail = {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "incoming/"}]}}
    pattern = pulumi.Output.json_dumps({"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail})
    paths = {
        "bucket": "$.detail.bucket.name",
        "key": "$.detail.object.key",
        "version": "$.detail.object.version-id",
    }
    return [UploadRule("object-created", pattern, paths, '{"bucket": <bucket>, "key": <key>, "version": <version>}')]


def scan_rules(bucket: pulumi.Input[str]) -> list[UploadRule]:
    """Return the rules for malware scans: for their results, and for files that could not be tagged.

    Source: GuardDuty user guide, "Monitoring S3 object scans with Amazon EventBridge". A tag that failed has no second
    event: its type is the result, which refuses the list.
    """
    return [
        _scan_rule("upload-scanned", SCANNED, bucket, "$.detail.scanResultDetails.scanResultStatus"),
        _scan_rule("scan-not-tagged", NOT_TAGGED, bucket, "$.detail-type"),
    ]


def _scan_rule(name: str, kind: str, bucket: pulumi.Input[str], result: str) -> UploadRule:
    detail = {"s3ObjectDetails": {"bucketName": [bucket], "objectKey": [{"prefix": "incoming/"}]}}
    pattern = pulumi.Output.json_dumps({"source": [SCANS], "detail-type": [kind], "detail": detail})
    paths = {
        "bucket": "$.detail.s3ObjectDetails.bucketName",
        "key": "$.detail.s3ObjectDetails.objectKey",
        "version": "$.detail.s3ObjectDetails.versionId",
        "scan": result,
    }
    template = '{"bucket": <bucket>, "key": <key>, "version": <version>, "scan": <scan>}'
    return UploadRule(name, pattern, paths, template)


def _sftp_rule(name: str, source: str, detail: Mapping[str, Any], field: str, template: str) -> UploadRule:
    kind = f"SFTP Server File {name.replace('-', ' ').title()}"
    pattern = pulumi.Output.json_dumps({"source": [source], "detail-type": [kind], "detail": detail})
    # The detail contains the size and the tag of the file. It is passed as a whole, because a variable for a missing
    # field makes invalid JSON.
    paths = {"path": f"$.detail.{field}", "detail": "$.detail"} | ({"event": "$.id"} if "<event>" in template else {})
    return UploadRule(name, pattern, paths, template)


def start_on_upload(
    owner: Component,
    rules: list[UploadRule],
    machine_arn: pulumi.Input[str],
    role: iam.Role,
    key_arn: pulumi.Input[str],
    permissions: Sequence[iam.RolePolicy],
) -> sqs.Queue:
    """Make the rules, after `permissions`.

    Returns the queue of events that EventBridge could not deliver within a day.
    """
    dead_letters = queue(owner, UPLOADS_DEAD_LETTERS, key_arn)
    event_rules = {
        rule.name: cloudwatch.EventRule(rule.name, event_pattern=rule.pattern, **owner.named(rule.name))
        for rule in rules
    }
    senders = [event_rule.arn for event_rule in event_rules.values()]
    allowed = [sent_by("events", senders, dead_letters)] if senders else []
    policy = queue_policy(owner, UPLOADS_DEAD_LETTERS, dead_letters, *allowed)
    for rule in rules:
        cloudwatch.EventTarget(
            rule.name,
            rule=event_rules[rule.name].name,
            arn=machine_arn,
            role_arn=role.arn,
            input_transformer={"input_paths": rule.paths, "input_template": rule.template},
            retry_policy={"maximum_event_age_in_seconds": DAY, "maximum_retry_attempts": MOST_RETRIES},
            dead_letter_config={"arn": dead_letters.arn},
            opts=owner.child(depends_on=[policy, *permissions]),
        )
    return dead_letters


def called_by(
    owner: Component, name: str, alias: lambda_.Alias, service: str, source_arn: pulumi.Input[str]
) -> lambda_.Permission:
    """Let a resource of a service call a function by its alias."""
    return lambda_.Permission(
        name,
        action="lambda:InvokeFunction",
        function=alias.function_name,
        qualifier=alias.name,
        principal=f"{service}.amazonaws.com",
        source_arn=source_arn,
        opts=owner.child(),
    )


DOWNLOADED: Final = "SFTP Server File Download Completed"
"""The event of a file that a partner has read (Transfer Family user guide, "Managing Transfer Family events using
Amazon EventBridge")."""


def call_on_download(
    owner: Component,
    source: str,
    server_id: pulumi.Input[str],
    path: pulumi.Input[str],
    target: Target,
    key_arn: pulumi.Input[str],
) -> sqs.Queue:
    """Call a function for each file below a path that a partner has read over SFTP.

    Returns the queue of events that EventBridge could not deliver within a day.
    """
    name, dead_letters = "download-completed", queue(owner, DOWNLOADS_DEAD_LETTERS, key_arn)
    detail: Any = {"server-id": [server_id], "file-path": [{"prefix": path}]}
    pattern = pulumi.Output.json_dumps({"source": [source], "detail-type": [DOWNLOADED], "detail": detail})
    rule = cloudwatch.EventRule(name, event_pattern=pattern, **owner.named(name))
    policy = queue_policy(owner, DOWNLOADS_DEAD_LETTERS, dead_letters, sent_by("events", [rule.arn], dead_letters))
    permission = called_by(owner, name, target.alias, "events", rule.arn)
    cloudwatch.EventTarget(
        name,
        rule=rule.name,
        arn=target.alias_arn,
        input_transformer={
            "input_paths": {"path": "$.detail.file-path", "bytes": "$.detail.bytes"},
            "input_template": '{"downloaded": <path>, "bytes": <bytes>}',
        },
        retry_policy={"maximum_event_age_in_seconds": DAY, "maximum_retry_attempts": MOST_RETRIES},
        dead_letter_config={"arn": dead_letters.arn},
        opts=owner.child(depends_on=[policy, permission]),
    )
    return dead_letters


SERVICE: Final = "malware-protection-plan.guardduty"
ROLE: Final = "malware-scan"
_MANAGED_RULE: Final = "rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*"
_PROBE: Final = "malware-protection-resource-validation-object"
"""The object that GuardDuty writes into the bucket, to test its role."""

_READS: Final = ["s3:GetObject", "s3:GetObjectVersion"]
_TAG: Final = f"s3:ExistingObjectTag/{lists.TAG}"


def scan_statements(owner: Component, account: Account, bucket_arn: pulumi.Input[str]) -> list[Statement]:
    """Return what the bucket's policy denies (GuardDuty user guide, "Using tag-based access control (TBAC)").

    - Reads of a file whose scan found no clean result, for every principal but the plan's role.
    - Reads before the scan too, except for partners: SFTP renames a new file by a copy of it.
    - The scan's tag, for every principal but the plan's role.
    """
    prefix = account.arn_of("iam::", account.id, f":role/{owner.labels.prefix}-")
    scanner, partners = pulumi.Output.concat(prefix, ROLE), pulumi.Output.concat(prefix, "sftp-*")
    objects, incoming = (pulumi.Output.concat(bucket_arn, path) for path in ("/*", "/incoming/*"))
    others = {"ArnNotLike": {"aws:PrincipalArn": [scanner]}}
    not_partners = {"ArnNotLike": {"aws:PrincipalArn": [scanner, partners]}}
    unscanned = {"StringNotEquals": {_TAG: lists.CLEAN}}
    not_clean = {"StringNotEquals": {_TAG: lists.CLEAN}, "Null": {_TAG: "false"}}
    tagging = {"ForAnyValue:StringEquals": {"s3:RequestObjectTagKeys": [lists.TAG]}}
    tags = ["s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging"]
    return [
        _deny(_READS, incoming, not_partners | unscanned),
        _deny(_READS, incoming, others | not_clean),
        _deny(tags, objects, others | tagging),
    ]


def scan_uploads(
    owner: Component, account: Account, bucket: s3.Bucket, key_arn: pulumi.Input[str], events: pulumi.Resource
) -> None:
    """Make the plan that scans each new version below `incoming/`, and tags it with the result.

    `events` is the bucket's setting that sends events to EventBridge, through which GuardDuty learns of new objects.
    """
    role = iam.Role(
        ROLE,
        # The documented trust has no condition on the account.
        assume_role_policy=trust(SERVICE),
        **owner.named(ROLE),
    )
    permissions = grant(owner, role, *_permissions(account, bucket, key_arn))
    guardduty.MalwareProtectionPlan(
        ROLE,
        role=role.arn,
        protected_resource={"s3_bucket": {"bucket_name": bucket.id, "object_prefixes": ["incoming/"]}},
        actions=[{"taggings": [{"status": "ENABLED"}]}],
        tags=owner.labels.tags,
        # GuardDuty tests the role when the plan is created.
        opts=owner.child(depends_on=[permissions, events]),
    )


def _permissions(account: Account, bucket: s3.Bucket, key_arn: pulumi.Input[str]) -> list[Statement]:
    """Return the documented permissions (GuardDuty user guide, "Create or update IAM role policy")."""
    incoming, probe = (pulumi.Output.concat(bucket.arn, f"/{path}") for path in ("incoming/*", _PROBE))
    rule = account.arn("events", _MANAGED_RULE)
    managed = {"StringLike": {"events:ManagedBy": f"{SERVICE}.amazonaws.com"}}
    by_s3 = {"StringLike": {"kms:ViaService": "s3.*"}}
    tagging = [f"s3:{verb}Object{version}Tagging" for verb in ("Get", "Put") for version in ("", "Version")]
    return [
        allow(
            ["events:PutRule", "events:DeleteRule", "events:PutTargets", "events:RemoveTargets"],
            rule,
            Condition=managed,
        ),
        allow(["events:DescribeRule", "events:ListTargetsByRule"], rule),
        allow(["s3:GetBucketNotification", "s3:PutBucketNotification", "s3:ListBucket"], bucket.arn),
        allow([*_READS, *tagging], incoming),
        allow(["s3:PutObject"], probe),
        allow(["kms:Decrypt", "kms:GenerateDataKey"], key_arn, Condition=by_s3),
    ]


def _deny(actions: list[str], resource: pulumi.Input[str], condition: Mapping[str, object]) -> Statement:
    return {"Effect": "Deny", "Principal": "*", "Action": actions, "Resource": resource, "Condition": condition}


_PREFIX: Final = "aws/lambda"
"""The prefix of each object's key, before the id of its mapping (the same page)."""

_DAYS = 15
"""A day longer than the queue stores the message, so a missing object was redriven, or deleted by a person."""

_EXPIRY: Any = {
    "id": "given-up",
    "status": "Enabled",
    "filter": {"prefix": f"{_PREFIX}/"},
    "expiration": {"days": _DAYS},
    "noncurrent_version_expiration": {"noncurrent_days": 1},
}


def abandoned_bucket(owner: Component, key_arn: pulumi.Input[str], *, protect: bool) -> s3.Bucket:
    """Make a private bucket for failed batches. It sends an event about each object, and stores it for 15 days."""
    bucket = private_bucket(owner, "given-up", key_arn, protect=protect, expiry=[_EXPIRY])
    # Not a notification to the queue itself, because S3's test message would count as a failed batch.
    s3.BucketNotification("given-up-events", bucket=bucket.id, eventbridge=True, opts=owner.child())
    return bucket


def write_abandoned(bucket: s3.Bucket) -> list[Statement]:
    """Return the statements that let a function's mapping store failed batches in the bucket."""
    objects = pulumi.Output.concat(bucket.arn, f"/{_PREFIX}/*")
    return [allow(["s3:PutObject"], objects), allow(["s3:ListBucket"], bucket.arn)]


def report_abandoned(
    owner: Component, consumer: str, bucket: s3.Bucket, mapping_id: pulumi.Output[str], dead_letters: sqs.Queue
) -> None:
    """Send S3's event about each failed batch of a mapping to the dead-letter queue of the function `consumer`."""
    rule = cloudwatch.EventRule(
        f"{consumer}-lost", event_pattern=_pattern(bucket, mapping_id), **owner.named(f"{consumer}-lost")
    )
    policy = queue_policy(owner, f"{consumer}-dead-letters", dead_letters, sent_by("events", rule.arn, dead_letters))
    cloudwatch.EventTarget(
        f"{consumer}-lost",
        rule=rule.name,
        arn=dead_letters.arn,
        retry_policy={"maximum_event_age_in_seconds": DAY, "maximum_retry_attempts": MOST_RETRIES},
        opts=owner.child(depends_on=[policy]),
    )


def _pattern(bucket: s3.Bucket, mapping_id: pulumi.Output[str]) -> pulumi.Output[str]:
    key = {"prefix": pulumi.Output.concat(f"{_PREFIX}/", mapping_id, "/")}
    detail = {"bucket": {"name": [bucket.id]}, "object": {"key": [key]}}
    return pulumi.Output.json_dumps({"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail})
