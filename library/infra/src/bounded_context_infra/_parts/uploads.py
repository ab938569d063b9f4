"""Uploads: the rules that start an import, and the malware scan by GuardDuty.

A plan needs no GuardDuty detector in the account (GuardDuty user guide, "Malware Protection for S3").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
from pulumi_aws import cloudwatch, guardduty, iam, s3, sqs

from bounded_context.domain import lists

from ..stack.key import Statement, allow, grant, trust
from ..stack.program import Account, Component
from .queues import queue, queue_policy, sent_by

DAY = 24 * 3600
"""Seconds: the longest period in which EventBridge retries."""

MOST_RETRIES = 185
"""The number of retries that EventBridge makes within a day."""

UPLOADS_DEAD_LETTERS = "uploads-dead-letters"
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
    event_rules = {rule.name: _event_rule(owner, rule) for rule in rules}
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


def _event_rule(owner: Component, rule: UploadRule) -> cloudwatch.EventRule:
    return cloudwatch.EventRule(
        rule.name,
        name=owner.labels.name(rule.name),
        event_pattern=rule.pattern,
        tags=owner.labels.tags,
        opts=owner.child(),
    )


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
        name=owner.labels.name(ROLE),
        # The documented trust has no condition on the account.
        assume_role_policy=trust(SERVICE),
        tags=owner.labels.tags,
        opts=owner.child(),
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
