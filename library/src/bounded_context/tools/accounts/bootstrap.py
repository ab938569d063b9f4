"""Create the backend for Pulumi's state: `context bootstrap`.

Creates a bucket for the state, and a key that encrypts the state and its secrets. The secrets of each stack have an
encryption context with its name, which the policies of the roles require. Existing resources only get the settings
below, so the command can be repeated.
"""

import json
import os
import re
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

from typer import Argument

from ...configuration.project import ProjectError
from ...declaration.context import Context
from ...domain.spelling import kebab
from ..command.installed import repository
from ..command.output import fail
from .backend_policies import policies_of

_DAYS_OF_HISTORY = 90
"""The days for which an overwritten state can be restored."""

_RESERVED = "state"
"""The tag `stack` of bucket and key. No stack has this name, so that no role of a stack may use or tag the key."""

_SHARE = re.compile(r"([a-z][a-z0-9]*(?:-[a-z0-9]+)*)=(\d{12})")


class BootstrapError(RuntimeError):
    """The backend cannot be created. The message names the remedy."""


class State(NamedTuple):
    """The location of the state, in the syntax of the Pulumi CLI."""

    backend: str
    key: str

    def secrets_provider(self, stack: str) -> str:
        """Return the provider of a stack's secrets. KMS would look an alias up in the account of the caller."""
        region = self.key.split(":")[3]
        return f"awskms:///{self.key}?region={region}&context_stack={stack}"


def bootstrap(context: Context[Any], session: Any, shared: Mapping[str, str] = MappingProxyType({})) -> State:
    """Create bucket and key in the account and region of a boto3 session. Raises BootstrapError and boto3's errors.

    Args:
        context: the context of the stacks.
        session: the session of an administrator.
        shared: the stacks, or kinds of stacks, whose roles are in another account, with the account.
    """
    region = session.region_name
    if region is None:
        raise BootstrapError("no region is set: set AWS_REGION to the region for the state.")
    account: str = session.client("sts").get_caller_identity()["Account"]
    alias = f"alias/{kebab(context.name)}-state"
    bucket = f"{kebab(context.name)}-state-{account}-{region}"
    tags = {"context": context.name, "stack": _RESERVED, "owner": context.owner}
    kms, s3 = session.client("kms"), session.client("s3")
    key_arn = _key(kms, alias, tags)
    _bucket(s3, bucket, region)
    _guard(s3, bucket, account, key_arn, tags)
    policies = policies_of(bucket, account, context.name, shared)
    s3.put_bucket_policy(Bucket=bucket, ExpectedBucketOwner=account, Policy=json.dumps(policies.bucket))
    # Without shared stacks, the key keeps its policy: KMS's default, or the owner's.
    if shared:
        kms.put_key_policy(KeyId=key_arn, PolicyName="default", Policy=json.dumps(policies.key))
    return State(f"s3://{bucket}?region={region}", key_arn)


def _key(kms: Any, alias: str, tags: Mapping[str, str]) -> str:
    """Return the ARN of the key with this alias, created if it is missing. Enables rotation, and sets the tags."""
    described = [{"TagKey": name, "TagValue": value} for name, value in tags.items()]
    try:
        key = kms.describe_key(KeyId=alias)["KeyMetadata"]
    except kms.exceptions.NotFoundException:
        made = kms.create_key(Description="Encrypts Pulumi's state and the secrets in it.", Tags=described)
        key = made["KeyMetadata"]
        kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    else:
        # Keys of earlier versions have no tag `stack`.
        kms.tag_resource(KeyId=key["KeyId"], Tags=described)
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
    s3.put_bucket_tagging(**owned, Tagging={"TagSet": [{"Key": name, "Value": tags[name]} for name in tags]})


def bootstrap_(
    shared: Annotated[
        list[str] | None,
        Argument(metavar="[STACK=ACCOUNT]...", help="a stack, or pr or sandbox, whose roles are in another account"),
    ] = None,
) -> int:
    """Create the bucket and the key for Pulumi's state, and print the next commands. Can be repeated.

    The account and the region are those of your credentials. The roles of a stack may be in another account, for
    instance those of GitHub's workflows: name all of these stacks each time, since a run replaces the bucket's policy,
    and with such stacks also the key's.

    Examples:
      context bootstrap
      context bootstrap dev=111122223333 pr=111122223333 sandbox=111122223333

    Exit status:
      0  the bucket and the key exist
      1  they could not be created
    """
    import boto3  # here, for a fast help
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        context, accounts = repository().context, dict(_share(one) for one in shared or ())
        # Unlike Pulumi and AWS's other tools, boto3 does not read AWS_REGION.
        state = bootstrap(context, boto3.Session(region_name=os.environ.get("AWS_REGION") or None), accounts)
    except (ProjectError, BootstrapError, BotoCoreError, ClientError) as error:
        return fail(f"The bucket and the key for Pulumi's state cannot be created: {error}")
    sys.stdout.write(_next_commands(context.name, state))
    return 0


def _share(text: str) -> tuple[str, str]:
    """Return the stack and the account of an argument. Raises BootstrapError."""
    found = _SHARE.fullmatch(text)
    if found is None:
        raise BootstrapError(f"{text!r} is not a stack and an account: write, for instance, pr=111122223333.")
    return found[1], found[2]


def _next_commands(context: str, state: State) -> str:
    service, pipeline = state.secrets_provider("<stack>"), state.secrets_provider("pipeline")
    return (
        f'pulumi login "{state.backend}"\n'
        f'pulumi stack init <stack> --cwd infra/service --secrets-provider "{service}"\n'
        f'pulumi stack init main --cwd infra/pipeline --secrets-provider "{pipeline}"\n'
        "\n"
        "infra/pipeline/Pulumi.main.yaml:\n"
        f"  {context}-pipeline:backend: {state.backend}\n"
        f"  {context}-pipeline:secrets_provider: {pipeline.partition('&')[0]}\n"
        f"  {context}-pipeline:environments, for each stack:\n"
        f"    secrets_provider: {service}\n"
    )
