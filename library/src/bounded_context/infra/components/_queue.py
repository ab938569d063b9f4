"""Encrypted queues and their policies."""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import lambda_, sqs

from ..interfaces import Target
from ..policy import Statement, allow, document, grant, only_over_tls
from ._component import Component

DEAD_LETTER_SECONDS = 14 * 24 * 3600
"""How long a dead-letter queue keeps a message: as long as SQS can (SQS API reference, CreateQueue)."""

SOURCE_SECONDS = 7 * 24 * 3600
"""How long a queue with dead letters keeps a message.

A message that SQS moves to the dead letters keeps the time at which it was sent (SQS Developer Guide, "Using
dead-letter queues"). So it has at least a week left there.
"""

MAX_RECEIVES = 5
"""How often a message is tried before it moves to the dead letters: Lambda's developer guide asks for 5 at least
("Using Lambda with Amazon SQS", configuring a queue)."""

BATCH = 10
CONCURRENCY = 10
"""Batches at a time. Each is a few writes: some hundred messages a second, never the account's whole concurrency."""

_TIMES = 6
"""So many times the function's timeout a message stays hidden (same page): none is handed out again while its batch is
still retried."""

_RECEIVE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


@dataclass(frozen=True)
class Kept:
    """A queue of what a rule cannot deliver, by its ARN, and the policy that lets the rule send to it."""

    arn: pulumi.Output[str]
    policy: sqs.QueuePolicy


def queue(owner: Component, name: str, key_arn: pulumi.Input[str], **arguments: Any) -> sqs.Queue:
    """Make an encrypted queue; `arguments` add to those of sqs.Queue.

    It keeps messages for 7 days if it has a `redrive_policy`. Without one it holds dead letters, for 14 days.
    """
    seconds = SOURCE_SECONDS if "redrive_policy" in arguments else DEAD_LETTER_SECONDS
    return sqs.Queue(
        name,
        name=owner.labels.queue(name),
        kms_master_key_id=key_arn,
        tags=owner.labels.tags,
        opts=owner.child(),
        **{"message_retention_seconds": seconds, **arguments},
    )


def queue_and_dead_letters(
    owner: Component, name: str, key_arn: pulumi.Input[str], timeout: int
) -> tuple[sqs.Queue, sqs.Queue]:
    """A queue for a function that may take `timeout` seconds for a batch, and its dead letters."""
    dead_letters = queue(owner, f"{name}-dead-letters", key_arn)
    made = queue(
        owner,
        name,
        key_arn,
        visibility_timeout_seconds=_TIMES * timeout,
        redrive_policy=redrive_to(dead_letters, maxReceiveCount=MAX_RECEIVES),
    )
    only_from(owner, name, made, dead_letters)
    return made, dead_letters


def feed_from(owner: Component, source: sqs.Queue, target: Target, timeout: int, *statements: Statement) -> None:
    """Hand the messages of `source` to a function's alias; its role may take them, and do what `statements` allow.

    A message that the function reports as failed comes again, alone. `timeout` is what the queue was made for. Raises
    ValueError if the function may take longer.
    """
    if target.timeout > timeout:
        kind = type(owner).__name__
        raise ValueError(f"{target.snake_name} may take {target.timeout} seconds: say so to {kind}, as timeout.")
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
