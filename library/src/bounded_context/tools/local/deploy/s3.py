"""S3: buckets, their objects, and the settings that are separate resources in Pulumi."""

from typing import Any

from ..aws import Aws
from .policies import without_tls_statements
from .registry import Made, Request, creates


@creates("aws:s3/bucket:Bucket")
def bucket(aws: Aws, request: Request) -> Made:
    """Create a bucket in the region of the run."""
    name = request.physical_name("bucket")
    place = None if aws.region == "us-east-1" else {"LocationConstraint": aws.region}
    locked = request.take("objectLockEnabled")
    aws.call("s3", "create_bucket", Bucket=name, CreateBucketConfiguration=place, ObjectLockEnabledForBucket=locked)
    if tags := request.tags():
        aws.call("s3", "put_bucket_tagging", Bucket=name, Tagging={"TagSet": tags})
    domain = f"{name}.s3.amazonaws.com"
    regional = f"{name}.s3.{aws.region}.amazonaws.com"
    return name, {
        "bucket": name,
        "arn": f"arn:aws:s3:::{name}",
        "bucketDomainName": domain,
        "bucketRegionalDomainName": regional,
        "bucketRegion": aws.region,
        "region": aws.region,
    }


@creates("aws:s3/bucketVersioning:BucketVersioning")
def versioning(aws: Aws, request: Request) -> Made:
    """Turn versioning on or off."""
    return _put(aws, request, "put_bucket_versioning", "VersioningConfiguration", block="versioningConfiguration")


@creates("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
def encryption(aws: Aws, request: Request) -> Made:
    """Set the default encryption."""
    request.inputs["rules"] = [_encryption_rule(rule) for rule in request.take("rules")]
    return _put(aws, request, "put_bucket_encryption", "ServerSideEncryptionConfiguration")


def _encryption_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a rule in the API's form, which nests the blocked encryption types one level deeper."""
    blocked = rule.get("blockedEncryptionTypes")
    return rule | {"blockedEncryptionTypes": {"encryptionType": blocked}} if blocked else rule


@creates("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
def public_access_block(aws: Aws, request: Request) -> Made:
    """Block public access."""
    return _put(aws, request, "put_public_access_block", "PublicAccessBlockConfiguration")


@creates("aws:s3/bucketOwnershipControls:BucketOwnershipControls")
def ownership(aws: Aws, request: Request) -> Made:
    """Set the ownership of objects that other accounts put."""
    request.inputs["rules"] = request.take("rule")
    return _put(aws, request, "put_bucket_ownership_controls", "OwnershipControls")


@creates("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
def lifecycle(aws: Aws, request: Request) -> Made:
    """Set the expiration rules."""
    return _put(aws, request, "put_bucket_lifecycle_configuration", "LifecycleConfiguration")


@creates("aws:s3/bucketNotification:BucketNotification")
def notification(aws: Aws, request: Request) -> Made:
    """Set the receivers of notifications."""
    if request.take("eventbridge"):
        request.inputs["eventBridgeConfiguration"] = {}
    return _put(
        aws,
        request,
        "put_bucket_notification_configuration",
        "NotificationConfiguration",
        queues="QueueConfigurations",
        topics="TopicConfigurations",
        lambdaFunctions="LambdaFunctionConfigurations",
    )


@creates("aws:s3/bucketObjectv2:BucketObjectv2")
def bucket_object(aws: Aws, request: Request) -> Made:
    """Put an empty object, which marks a folder."""
    name, key = request.take("bucket"), request.take("key")
    aws.call("s3", "put_object", Bucket=name, Key=key)
    return f"{name}/{key}", {"bucket": name, "key": key}


@creates("aws:s3/bucketPolicy:BucketPolicy")
def policy(aws: Aws, request: Request) -> Made:
    """Put the policy, without statements that deny plain HTTP."""
    name, document = request.take("bucket"), without_tls_statements(request, request.take("policy"))
    if document:
        aws.call("s3", "put_bucket_policy", Bucket=name, Policy=document)
    return name, {"bucket": name}


def _put(
    aws: Aws, request: Request, operation: str, parameter: str, *, block: str | None = None, **renames: str
) -> Made:
    """Put a configuration of a bucket. The inputs are at the top level or in the input `block`."""
    name = request.take("bucket")
    if block:
        request.inputs |= request.take(block)
    aws.call("s3", operation, Bucket=name, **{parameter: request.rest(aws, "s3", operation, parameter, **renames)})
    return name, {"bucket": name}
