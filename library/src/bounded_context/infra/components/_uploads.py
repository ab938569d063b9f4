"""The rules that start an import when a file has arrived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, iam, sqs

from ._component import Component
from ._queue import queue, queue_policy, sent_by

DAY = 24 * 3600
"""Seconds: the longest that EventBridge retries."""

MOST_RETRIES = 185
"""As many as EventBridge makes within a day."""

UPLOADS_DEAD_LETTERS = "uploads-dead-letters"
"""The name of the queue of uploads that could not start the workflow."""


@dataclass(frozen=True)
class UploadRule:
    """Events that match `pattern` start the machine with `template`, whose `<name>`s are taken from `paths`."""

    name: str
    pattern: pulumi.Input[str]
    paths: Mapping[str, str]
    template: str


def sftp_rules(
    source: str, server_id: pulumi.Input[str], bucket: pulumi.Input[str], users: list[str] | None
) -> list[UploadRule]:
    """The rules for what partners upload by SFTP; `users` names ours on a server that others use too, else None.

    Files under temporary names are among them: the workflow's first step knows these, whichever way a file arrives.
    Without users nothing of ours can arrive, and there is no rule.
    """
    if users == []:
        return []
    whose = {"server-id": [server_id]} | ({"username": users} if users else {})
    path = '{"path": <path>, "detail": <detail>}'
    failed = '{"path": <path>, "failed": <event>, "detail": <detail>}'
    incoming: Any = [{"prefix": pulumi.Output.concat("/", bucket, "/incoming/")}]
    return [
        _sftp_rule("upload-completed", source, whose, "file-path", path),
        _sftp_rule("rename-completed", source, whose, "renamed-file-path", path),
        _sftp_rule("upload-failed", source, {**whose, "file-path": incoming}, "file-path", failed),
    ]


def s3_rules(bucket: pulumi.Input[str]) -> list[UploadRule]:
    """The rule for what is put into the bucket, where there is no SFTP."""
    detail = {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "incoming/"}]}}
    pattern = pulumi.Output.json_dumps({"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail})
    paths = {
        "bucket": "$.detail.bucket.name",
        "key": "$.detail.object.key",
        "version": "$.detail.object.version-id",
    }
    return [UploadRule("object-created", pattern, paths, '{"bucket": <bucket>, "key": <key>, "version": <version>}')]


def _sftp_rule(name: str, source: str, detail: Mapping[str, Any], field: str, template: str) -> UploadRule:
    kind = f"SFTP Server File {name.replace('-', ' ').title()}"
    pattern = pulumi.Output.json_dumps({"source": [source], "detail-type": [kind], "detail": detail})
    # Bytes and tag of the file are in the detail. It goes as a whole: a variable of what an event lacks makes no JSON.
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
    """Make the rules, once `permissions` are there.

    What EventBridge cannot deliver within a day goes to a queue, which is returned.
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
