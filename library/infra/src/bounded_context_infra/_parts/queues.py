"""Encrypted queues and their policies."""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import lambda_, sqs

from ..stack.interfaces import Target
from ..stack.key import Statement, allow, document, grant, only_over_tls
from ..stack.program import Component

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


def queue(owner: Component, name: str, key_arn: pulumi.Input[str], **arguments: Any) -> sqs.Queue:
    """Make an encrypted queue; `arguments` are further arguments of sqs.Queue.

    A queue with a `redrive_policy` stores messages for 7 days. A queue without it is a dead-letter queue, with 14 days.
    """
    seconds = SOURCE_SECONDS if "redrive_policy" in arguments else DEAD_LETTER_SECONDS
    arguments.setdefault("message_retention_seconds", seconds)
    return sqs.Queue(
        name,
        name=owner.labels.queue(name),
        kms_master_key_id=key_arn,
        tags=owner.labels.tags,
        opts=owner.child(),
        **arguments,
    )


def queue_and_dead_letters(
    owner: Component, name: str, key_arn: pulumi.Input[str], timeout: int
) -> tuple[sqs.Queue, sqs.Queue]:
    """Make a queue for a function that may take `timeout` seconds for a batch, and its dead-letter queue."""
    dead_letters = queue(owner, f"{name}-dead-letters", key_arn)
    main_queue = queue(
        owner,
        name,
        key_arn,
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
