"""The batches of a stream whose retries are exhausted: a bucket stores each batch, and a queue gets a message about it.

A queue as the mapping's own destination would get only the position of a batch in the stream, which stores changes for
24 hours. A removal is stored nowhere else (Lambda Developer Guide, "Retain discarded records for a DynamoDB event
source in Lambda").
"""

from typing import Any, Final

import pulumi
from pulumi_aws import cloudwatch, s3, sqs

from ..stack.key import Statement, allow
from ..stack.program import Component
from .buckets import private_bucket
from .queues import queue_policy, sent_by
from .uploads import DAY, MOST_RETRIES

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
        f"{consumer}-lost",
        name=owner.labels.name(f"{consumer}-lost"),
        event_pattern=_pattern(bucket, mapping_id),
        tags=owner.labels.tags,
        opts=owner.child(),
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
