"""Makes what Pulumi needs before it can deploy anything: `python -m bounded_context.infra.bootstrap`.

A bucket for the state and a key for the state and the secrets in it. Whatever already exists stays as it is or gets
the settings below, so that the command may be run at any time.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ..context import Context
from ..installed import repository
from ..project import ProjectError
from ..typed import typed
from ..usage import Usage
from ..words import kebab

_DAYS_OF_HISTORY = 90
"""How long an overwritten state can be brought back."""

_ABOUT: Final = (
    "Makes the bucket and the key for Pulumi's state, once for an account and region; harmless to run again."
)
_EXAMPLES: Final = {"": "in the account and the region of your credentials; it prints the next two commands"}
_STATUSES: Final = {0: "they are there", 1: "they could not be made", 2: "it takes no arguments"}


class BootstrapError(RuntimeError):
    """The state's place cannot be made; the message says what to do."""


class State(NamedTuple):
    """Where the state is, in the words of the Pulumi CLI."""

    backend: str
    secrets_provider: str


def bootstrap(context: Context[Any], session: boto3.Session) -> State:
    """Make bucket and key in the session's account and region. Raises BootstrapError, or what boto3 raises."""
    region = session.region_name
    if region is None:
        raise BootstrapError("no region is set: set AWS_REGION to the region that is to hold the state.")
    account: str = session.client("sts").get_caller_identity()["Account"]
    alias = f"alias/{kebab(context.name)}-state"
    bucket = f"{kebab(context.name)}-state-{account}-{region}"
    tags = {"context": context.name, "owner": context.owner}
    key_arn = _key(session.client("kms"), alias, tags)
    _bucket(session.client("s3"), bucket, region)
    _guard(session.client("s3"), bucket, account, key_arn)
    _tag(session.client("s3"), bucket, account, tags)
    return State(f"s3://{bucket}?region={region}", f"awskms://{alias}?region={region}")


def _key(kms: Any, alias: str, tags: Mapping[str, str]) -> str:
    """The ARN of the key that has this alias, made if there is none; it rotates."""
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
    """Make the bucket, unless it is there and ours."""
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.create_bucket(Bucket=bucket, **place)
    except s3.exceptions.BucketAlreadyOwnedByYou:
        return
    except s3.exceptions.BucketAlreadyExists:
        raise BootstrapError(
            f"the bucket {bucket} belongs to another account: make a bucket of another name, and log in to that."
        ) from None


def _guard(s3: Any, bucket: str, account: str, key_arn: str) -> None:
    """Close, encrypt and version the bucket; AWS refuses each call if the bucket is not this account's."""
    ours = {"Bucket": bucket, "ExpectedBucketOwner": account}
    closed = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    s3.put_public_access_block(**ours, PublicAccessBlockConfiguration=closed)
    s3.put_bucket_versioning(**ours, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(**ours, ServerSideEncryptionConfiguration={"Rules": [_encryption(key_arn)]})
    s3.put_bucket_lifecycle_configuration(**ours, LifecycleConfiguration={"Rules": [_history()]})
    s3.put_bucket_policy(**ours, Policy=json.dumps(_only_over_tls(bucket)))


def _tag(s3: Any, bucket: str, account: str, tags: Mapping[str, str]) -> None:
    described = [{"Key": name, "Value": value} for name, value in tags.items()]
    s3.put_bucket_tagging(Bucket=bucket, ExpectedBucketOwner=account, Tagging={"TagSet": described})


def _encryption(key_arn: str) -> dict[str, Any]:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    return {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}


def _history() -> dict[str, Any]:
    return {
        "ID": "history",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": _DAYS_OF_HISTORY},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
    }


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


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the place and say how to use it."""
    Usage(typed("infra.bootstrap", "bootstrap"), _EXAMPLES, _STATUSES).parser(_ABOUT).parse_args(arguments)
    try:
        context = repository().context
        # Pulumi and AWS's other tools read AWS_REGION, boto3 does not.
        state = bootstrap(context, boto3.Session(region_name=os.environ.get("AWS_REGION") or None))
    except (ProjectError, BootstrapError, BotoCoreError, ClientError) as error:
        sys.exit(f"The state's place cannot be made: {error}")
    sys.stdout.write(
        f'pulumi login "{state.backend}"\n'
        f'pulumi stack init <stack> --cwd infra/service --secrets-provider "{state.secrets_provider}"\n'
        f'pulumi stack init main --cwd infra/pipeline --secrets-provider "{state.secrets_provider}"\n'
        "\n"
        "infra/pipeline/Pulumi.main.yaml:\n"
        f"  {context.name}-pipeline:backend: {state.backend}\n"
        f"  {context.name}-pipeline:secrets_provider: {state.secrets_provider}\n"
    )


if __name__ == "__main__":
    main()
