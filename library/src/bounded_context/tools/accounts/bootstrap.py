"""Create the backend for Pulumi's state: `context bootstrap`.

Creates a bucket for the state, and a key that encrypts the state and its secrets. Existing resources only get the
settings below, so the command can be repeated.
"""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from ...configuration.project import ProjectError
from ...declaration.context import Context
from ...domain.spelling import kebab
from ..command.installed import repository
from ..command.output import fail

_DAYS_OF_HISTORY = 90
"""The days for which an overwritten state can be restored."""


class BootstrapError(RuntimeError):
    """The backend cannot be created. The message names the remedy."""


class State(NamedTuple):
    """The location of the state, in the syntax of the Pulumi CLI."""

    backend: str
    secrets_provider: str


def bootstrap(context: Context[Any], session: Any) -> State:
    """Create bucket and key in the account and region of a boto3 session. Raises BootstrapError and boto3's errors."""
    region = session.region_name
    if region is None:
        raise BootstrapError("no region is set: set AWS_REGION to the region for the state.")
    account: str = session.client("sts").get_caller_identity()["Account"]
    alias = f"alias/{kebab(context.name)}-state"
    bucket = f"{kebab(context.name)}-state-{account}-{region}"
    tags = {"context": context.name, "owner": context.owner}
    key_arn = _key(session.client("kms"), alias, tags)
    _bucket(session.client("s3"), bucket, region)
    _guard(session.client("s3"), bucket, account, key_arn, tags)
    return State(f"s3://{bucket}?region={region}", f"awskms://{alias}?region={region}")


def _key(kms: Any, alias: str, tags: Mapping[str, str]) -> str:
    """Return the ARN of the key with this alias, created if it is missing. Enables rotation."""
    try:
        key = kms.describe_key(KeyId=alias)["KeyMetadata"]
    except kms.exceptions.NotFoundException:
        described = [{"TagKey": name, "TagValue": value} for name, value in tags.items()]
        made = kms.create_key(Description="Encrypts Pulumi's state and the secrets in it.", Tags=described)
        key = made["KeyMetadata"]
        kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    kms.enable_key_rotation(KeyId=key["KeyId"])
    return key["Arn"]


def _bucket(s3: Any, bucket: str, region: str) -> None:
    """Create the bucket, unless this account already owns it."""
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.create_bucket(Bucket=bucket, **place)
    except s3.exceptions.BucketAlreadyOwnedByYou:
        return
    except s3.exceptions.BucketAlreadyExists:
        raise BootstrapError(
            f"the bucket {bucket} belongs to another account: create a bucket of another name, and log in to that one."
        ) from None


def _guard(s3: Any, bucket: str, account: str, key_arn: str, tags: Mapping[str, str]) -> None:
    """Block public access, encrypt, version and tag the bucket. AWS rejects the calls for another account's bucket."""
    owned = {"Bucket": bucket, "ExpectedBucketOwner": account}
    closed = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    encryption = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    history = {
        "ID": "history",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": _DAYS_OF_HISTORY},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
    }
    s3.put_public_access_block(**owned, PublicAccessBlockConfiguration=closed)
    s3.put_bucket_versioning(**owned, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(**owned, ServerSideEncryptionConfiguration={"Rules": [encryption]})
    s3.put_bucket_lifecycle_configuration(**owned, LifecycleConfiguration={"Rules": [history]})
    s3.put_bucket_policy(**owned, Policy=json.dumps(_only_over_tls(bucket)))
    s3.put_bucket_tagging(**owned, Tagging={"TagSet": [{"Key": name, "Value": tags[name]} for name in tags]})


def _only_over_tls(bucket: str) -> dict[str, Any]:
    arn = f"arn:aws:s3:::{bucket}"
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def bootstrap_() -> int:
    """Create the bucket and the key for Pulumi's state, and print the next commands. Can be repeated.

    The account and the region are those of your credentials.

    Exit status:
      0  the bucket and the key exist
      1  they could not be created
    """
    import boto3  # here, for a fast help
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        context = repository().context
        # Unlike Pulumi and AWS's other tools, boto3 does not read AWS_REGION.
        state = bootstrap(context, boto3.Session(region_name=os.environ.get("AWS_REGION") or None))
    except (ProjectError, BootstrapError, BotoCoreError, ClientError) as error:
        return fail(f"The bucket and the key for Pulumi's state cannot be created: {error}")
    sys.stdout.write(
        f'pulumi login "{state.backend}"\n'
        f'pulumi stack init <stack> --cwd infra/service --secrets-provider "{state.secrets_provider}"\n'
        f'pulumi stack init main --cwd infra/pipeline --secrets-provider "{state.secrets_provider}"\n'
        "\n"
        "infra/pipeline/Pulumi.main.yaml:\n"
        f"  {context.name}-pipeline:backend: {state.backend}\n"
        f"  {context.name}-pipeline:secrets_provider: {state.secrets_provider}\n"
    )
    return 0
