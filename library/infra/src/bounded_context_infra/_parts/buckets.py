"""A private bucket, with encryption, versions and lifecycle rules."""

from collections.abc import Callable, Sequence
from typing import Any

import pulumi
from pulumi_aws import s3

from ..stack.key import Statement, document, only_over_tls
from ..stack.program import Component

_LEFTOVERS: Any = {
    "id": "leftovers",
    "status": "Enabled",
    "filter": {"prefix": ""},
    "expiration": {"expired_object_delete_marker": True},
    "noncurrent_version_expiration": {"noncurrent_days": 30},
    "abort_incomplete_multipart_upload": {"days_after_initiation": 2},
}


def private_bucket(
    owner: Component,
    name: str,
    key_arn: pulumi.Input[str],
    *,
    protect: bool,
    expiry: Sequence[Any],
    statements: Callable[[pulumi.Input[str]], Sequence[Statement]] = lambda _: (),
) -> s3.Bucket:
    """Make a versioned bucket, encrypted by the key, without public access and without plain HTTP.

    `expiry` are the lifecycle rules of its objects. Versions that are no longer current always expire after 30 days.
    `statements` returns further statements of the bucket's policy, by the bucket's ARN.
    """
    stem = owner.labels.bucket(name)
    bucket = s3.Bucket(stem, force_destroy=not protect, tags=owner.labels.tags, opts=owner.stateful(protect))
    versioning = _version(owner, name, bucket)
    _encrypt(owner, name, bucket, key_arn)
    _close(owner, name, bucket, *statements(bucket.arn))
    _expire(owner, name, bucket, versioning, expiry)
    return bucket


def archive_bucket(
    owner: Component,
    name: str,
    key_arn: pulumi.Input[str],
    days: int,
    statements: Callable[[pulumi.Input[str]], Sequence[Statement]],
    *,
    protect: bool,
) -> tuple[s3.Bucket, s3.BucketPolicy]:
    """Make a private bucket whose objects nobody can delete or overwrite for `days`, and which then expire.

    The mode COMPLIANCE also binds the account's root user (S3 user guide, "Locking objects with Object Lock").

    Args:
        owner: the component.
        name: the part of the resources' names.
        key_arn: the key that encrypts the objects.
        days: days for which objects are locked.
        statements: the statements of the bucket's policy, by the bucket's ARN.
        protect: whether Pulumi refuses to delete the bucket.
    """
    stem = owner.labels.bucket(name)
    bucket = s3.Bucket(stem, object_lock_enabled=True, tags=owner.labels.tags, opts=owner.stateful(protect))
    versioning = _version(owner, name, bucket)
    _encrypt(owner, name, bucket, key_arn)
    policy = _close(owner, name, bucket, *statements(bucket.arn))
    s3.BucketObjectLockConfiguration(
        f"{name}-lock",
        bucket=bucket.id,
        rule={"default_retention": {"mode": "COMPLIANCE", "days": days}},
        opts=owner.child(depends_on=[versioning]),
    )
    expiry = {"id": name, "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": days}}
    _expire(owner, name, bucket, versioning, [expiry])
    return bucket, policy


def _version(owner: Component, name: str, bucket: s3.Bucket) -> s3.BucketVersioning:
    return s3.BucketVersioning(
        f"{name}-versioning",
        bucket=bucket.id,
        versioning_configuration={"status": "Enabled"},
        opts=owner.child(),
    )


def _expire(
    owner: Component, name: str, bucket: s3.Bucket, versioning: s3.BucketVersioning, expiry: Sequence[Any]
) -> None:
    s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.id,
        rules=[*expiry, _LEFTOVERS],
        # Rules on versions need a versioned bucket.
        opts=owner.child(depends_on=[versioning]),
    )


def _encrypt(owner: Component, name: str, bucket: s3.Bucket, key_arn: pulumi.Input[str]) -> None:
    s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.id,
        rules=[
            {
                "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn},
                # A call to KMS then serves many objects.
                "bucket_key_enabled": True,
                # S3's default for new buckets. Without it, each preview would show a change.
                "blocked_encryption_types": ["SSE-C"],
            }
        ],
        opts=owner.child(),
    )


def _close(owner: Component, name: str, bucket: s3.Bucket, *statements: Statement) -> s3.BucketPolicy:
    block = s3.BucketPublicAccessBlock(
        f"{name}-public-access",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=owner.child(),
    )
    s3.BucketOwnershipControls(
        f"{name}-ownership",
        bucket=bucket.id,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=owner.child(),
    )
    return s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.id,
        policy=document(only_over_tls("s3:*", bucket.arn, pulumi.Output.concat(bucket.arn, "/*")), *statements),
        # S3 refuses two changes of a bucket's access at the same time.
        opts=owner.child(depends_on=[block]),
    )
