"""The rules that start an import after an upload."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, iam, sqs

from ..stack.component import Component
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
    made = {rule.name: _event_rule(owner, rule) for rule in rules}
    senders = [event_rule.arn for event_rule in made.values()]
    allowed = [sent_by("events", senders, dead_letters)] if senders else []
    policy = queue_policy(owner, UPLOADS_DEAD_LETTERS, dead_letters, *allowed)
    for rule in rules:
        cloudwatch.EventTarget(
            rule.name,
            rule=made[rule.name].name,
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
