"""Encrypted queues and their policies."""

from typing import Any

import pulumi
from pulumi_aws import sqs

from ..policy import Statement, allow, document, only_over_tls
from ._component import Component

FOURTEEN_DAYS = 14 * 24 * 3600
"""The longest that SQS keeps a message, in seconds: time to find out why it failed."""


def queue(owner: Component, name: str, key_arn: pulumi.Input[str], **arguments: Any) -> sqs.Queue:
    """An encrypted queue that keeps messages for 14 days; `arguments` add to those of sqs.Queue."""
    return sqs.Queue(
        name,
        name=owner.labels.queue(name),
        kms_master_key_id=key_arn,
        message_retention_seconds=FOURTEEN_DAYS,
        tags=owner.labels.tags,
        opts=owner.child(),
        **arguments,
    )


def queue_policy(owner: Component, name: str, target: sqs.Queue, *statements: Statement) -> sqs.QueuePolicy:
    """The policy of `target`: TLS only, and these statements."""
    return sqs.QueuePolicy(
        f"{name}-policy",
        queue_url=target.url,
        policy=document(only_over_tls("sqs:*", target.arn), *statements),
        opts=owner.child(),
    )


def redrive_to(dead_letters: sqs.Queue, **more: int) -> pulumi.Output[str]:
    """The redrive policy of a queue or of a topic's subscription that moves what fails to `dead_letters`."""
    return pulumi.Output.json_dumps({"deadLetterTargetArn": dead_letters.arn, **more})


def only_from(owner: Component, name: str, source: sqs.Queue, dead_letters: sqs.Queue) -> sqs.RedriveAllowPolicy:
    """Let no other queue than `source` use these dead letters as its own."""
    return sqs.RedriveAllowPolicy(
        f"{name}-redrive-allow",
        queue_url=dead_letters.url,
        redrive_allow_policy=pulumi.Output.json_dumps(
            {"redrivePermission": "byQueue", "sourceQueueArns": [source.arn]}
        ),
        opts=owner.child(),
    )


def sent_by(service: str, source_arn: pulumi.Input[Any], target: sqs.Queue) -> Statement:
    """The statement that lets `service` send to `target` for `source_arn` (one ARN or a list) and nothing else."""
    return allow(
        ["sqs:SendMessage"],
        target.arn,
        Principal={"Service": f"{service}.amazonaws.com"},
        Condition={"ArnEquals": {"aws:SourceArn": source_arn}},
    )
