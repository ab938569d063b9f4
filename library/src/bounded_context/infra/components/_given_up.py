"""What a reader of a stream gives up: Lambda keeps the whole of it in a bucket, and a queue gets word of each object.

A queue as the mapping's own destination would get a batch's place in the stream alone, which forgets after 24 hours: a
removal is nowhere else (Lambda Developer Guide, "Retain discarded records for a DynamoDB event source in Lambda").
"""

from typing import Any, Final

import pulumi
from pulumi_aws import cloudwatch, s3, sqs

from ..policy import Statement, allow
from ._bucket import private_bucket
from ._component import Component
from ._queue import queue_policy, sent_by
from ._uploads import DAY, MOST_RETRIES

_PREFIX: Final = "aws/lambda"
"""What the key of each object begins with, before the id of its mapping (the same page)."""

_DAYS = 15
"""A day longer than a queue keeps word of it, so that an object that is gone was sent again, or deleted by somebody."""

_EXPIRY: Any = {
    "id": "given-up",
    "status": "Enabled",
    "filter": {"prefix": f"{_PREFIX}/"},
    "expiration": {"days": _DAYS},
    "noncurrent_version_expiration": {"noncurrent_days": 1},
}


def given_up_bucket(owner: Component, key_arn: pulumi.Input[str], *, protect: bool) -> s3.Bucket:
    """A private bucket for what readers give up: it tells EventBridge of each object, and keeps it for 15 days."""
    bucket = private_bucket(owner, "given-up", key_arn, protect=protect, expiry=[_EXPIRY])
    # Not a notification to the queue itself: S3 tests that with a message, which would be taken for something lost.
    s3.BucketNotification("given-up-events", bucket=bucket.id, eventbridge=True, opts=owner.child())
    return bucket


def give_up_to(bucket: s3.Bucket) -> list[Statement]:
    """What a function's role needs for its mapping to keep there what it gives up."""
    objects = pulumi.Output.concat(bucket.arn, f"/{_PREFIX}/*")
    return [allow(["s3:PutObject"], objects), allow(["s3:ListBucket"], bucket.arn)]


def tell_of_given_up(
    owner: Component, consumer: str, bucket: s3.Bucket, mapping_id: pulumi.Output[str], dead_letters: sqs.Queue
) -> None:
    """Tell the queue of each object of one mapping, that of the function `consumer`, in S3's own words."""
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
