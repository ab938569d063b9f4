"""A private bucket, with encryption, versions and lifecycle rules."""

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_aws import s3

from ..stack.component import Component
from ..stack.policy import document, only_over_tls

_LEFTOVERS: Any = {
    "id": "leftovers",
    "status": "Enabled",
    "filter": {"prefix": ""},
    "expiration": {"expired_object_delete_marker": True},
    "noncurrent_version_expiration": {"noncurrent_days": 30},
    "abort_incomplete_multipart_upload": {"days_after_initiation": 2},
}


def private_bucket(
    owner: Component, name: str, key_arn: pulumi.Input[str], *, protect: bool, expiry: Sequence[Any]
) -> s3.Bucket:
    """Make a versioned bucket, encrypted by the key, without public access and without plain HTTP.

    `expiry` are the lifecycle rules of its objects. Versions that are no longer current always expire after 30 days.
    """
    stem = owner.labels.bucket(name)
    bucket = s3.Bucket(stem, force_destroy=not protect, tags=owner.labels.tags, opts=owner.stateful(protect))
    versioning = s3.BucketVersioning(
        f"{name}-versioning",
        bucket=bucket.id,
        versioning_configuration={"status": "Enabled"},
        opts=owner.child(),
    )
    _encrypt(owner, name, bucket, key_arn)
    _close(owner, name, bucket)
    s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.id,
        rules=[*expiry, _LEFTOVERS],
        # Rules on versions need a versioned bucket.
        opts=owner.child(depends_on=[versioning]),
    )
    return bucket


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


def _close(owner: Component, name: str, bucket: s3.Bucket) -> None:
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
    s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.id,
        policy=document(only_over_tls("s3:*", bucket.arn, pulumi.Output.concat(bucket.arn, "/*"))),
        # S3 refuses two changes of a bucket's access at the same time.
        opts=owner.child(depends_on=[block]),
    )
