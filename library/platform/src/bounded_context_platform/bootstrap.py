"""Create the backend for Pulumi's state (`context bootstrap`), with the policies of its bucket and key.

Creates a bucket for the state, and a key that encrypts the state and its secrets. The secrets of each stack have an
encryption context with its name, which the policies of the roles require. Existing resources only get the settings
below, so the command can be repeated. The program `infra/account` sets the policies for roles in other accounts. Its
own state is in this bucket.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bounded_context.declaration.context import Context
from bounded_context.domain.spelling import kebab
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.output import fail
from bounded_context_infra.configuration.access import Access, on_bucket, on_bucket_key, on_secrets_key
from bounded_context_infra.configuration.config import Partition, partition_of
from bounded_context_infra.configuration.labels import DEPLOYER, PIPELINE, STATE
from bounded_context_infra.configuration.project import ProjectError

from .temporary_stacks.kinds import KINDS

Document = dict[str, Any]


class Policies(NamedTuple):
    """The policies of the bucket and of the key."""

    bucket: Document
    key: Document


def policies_of(
    bucket: str, account: str, project: str, shared: Mapping[str, str], bound: Mapping[str, Sequence[str]], region: str
) -> Policies:
    """Return the policies of a bucket and its key.

    Args:
        bucket: the name of the bucket.
        account: the account of the bucket.
        project: the program whose stacks are shared.
        shared: the stacks, or kinds of stacks, whose roles are in another account, with the account.
        bound: the roles of each stack, or kind of stacks, whose secrets have an encryption context.
        region: the region of the bucket.
    """
    where = partition_of(region)
    on_objects, on_key = [_deny_without_tls(where, bucket)], [_by_iam(where.root(account))]
    for stack, other_account in shared.items():
        on_objects += _to(where.root(other_account), _objects(where, bucket, project, stack))
        on_key += _to(where.root(other_account), _keys(where, stack))
    on_key += [_within(stack, roles) for stack, roles in bound.items()]
    return Policies(_document(on_objects), _document(on_key))


def _access(stack: str) -> Access:
    """Return the access from another account: only temporary stacks are deployed outside of the pipeline."""
    return "create" if stack in KINDS else "read"


def _objects(where: Partition, bucket: str, project: str, stack: str) -> list[Document]:
    return on_bucket(where, bucket, project, f"{stack}-*" if stack in KINDS else stack, _access(stack))


def _keys(where: Partition, stack: str) -> list[Document]:
    return [on_bucket_key(where, "*", _access(stack)), on_secrets_key("*", {"stack": stack}, _access(stack))]


def _to(root: str, statements: list[Document]) -> Iterator[Document]:
    """Yield the statements for the roles of an account, which need the same permissions in their own policies."""
    return ({**statement, "Principal": {"AWS": root}} for statement in statements)


def _by_iam(root: str) -> Document:
    """Return KMS's own default: the policies of the account's roles decide."""
    return {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}


def _within(stack: str, roles: Sequence[str]) -> Document:
    """Deny the roles of a stack the use of the key without the stack's encryption context, except through S3.

    A request without the context has no such key, for which StringNotEquals is true (IAM user guide, "String condition
    operators").
    """
    condition = {
        "ArnEquals": {"aws:PrincipalArn": [*roles]},
        "Null": {"kms:ViaService": "true"},
        "StringNotEquals": {"kms:EncryptionContext:stack": stack},
    }
    actions = ["kms:Decrypt", "kms:Encrypt"]
    return {"Effect": "Deny", "Principal": "*", "Action": actions, "Resource": "*", "Condition": condition}


def only_over_tls(bucket: str, region: str) -> Document:
    """Return the policy of a bucket that is not shared."""
    return _document([_deny_without_tls(partition_of(region), bucket)])


def _deny_without_tls(where: Partition, bucket: str) -> Document:
    arn = where.arn_of(f"s3:::{bucket}")
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    return {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"], "Condition": condition}


def _document(statements: list[Document]) -> Document:
    return {"Version": "2012-10-17", "Statement": statements}


_DAYS_OF_HISTORY = 90
"""The days for which an overwritten state can be restored."""


class BootstrapError(RuntimeError):
    """The backend cannot be created. The message names the remedy."""


class StateBackend(NamedTuple):
    """The location of the state, in the syntax of the Pulumi CLI."""

    backend: str
    key: str

    def secrets_provider(self, stack: str) -> str:
        """Return the provider of a stack's secrets. KMS would look an alias up in the account of the caller."""
        region = self.key.split(":")[3]
        return f"awskms:///{self.key}?region={region}&context_stack={stack}"


def bootstrap(context: Context[Any], session: Any) -> StateBackend:
    """Create bucket and key in the account and region of a boto3 session. Raises BootstrapError and boto3's errors."""
    region = session.region_name
    if region is None:
        raise BootstrapError("no region is set: set AWS_REGION to the region for the state.")
    account: str = session.client("sts").get_caller_identity()["Account"]
    alias = f"alias/{kebab(context.name)}-state"
    bucket = f"{kebab(context.name)}-state-{account}-{region}"
    # No stack has this name, so that no role of a stack may use or tag the key.
    tags = {"context": context.name, "stack": STATE, "owner": context.owner}
    kms, s3 = session.client("kms"), session.client("s3")
    key_arn = _key(kms, alias, tags)
    _bucket(s3, bucket, region)
    _guard(s3, bucket, account, key_arn, tags)
    _require_tls(s3, bucket, account, region)
    return StateBackend(f"s3://{bucket}?region={region}", key_arn)


def _key(kms: Any, alias: str, tags: Mapping[str, str]) -> str:
    """Return the ARN of the key with this alias, created if it is missing. Enables rotation, and sets the tags."""
    described = [{"TagKey": name, "TagValue": value} for name, value in tags.items()]
    try:
        key = kms.describe_key(KeyId=alias)["KeyMetadata"]
    except kms.exceptions.NotFoundException:
        response = kms.create_key(Description="Encrypts Pulumi's state and the secrets in it.", Tags=described)
        key = response["KeyMetadata"]
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


def _require_tls(s3: Any, bucket: str, account: str, region: str) -> None:
    """Set the policy of a bucket without a policy. The program `infra/account` replaces it."""
    owned = {"Bucket": bucket, "ExpectedBucketOwner": account}
    try:
        s3.get_bucket_policy(**owned)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
            raise
        s3.put_bucket_policy(**owned, Policy=json.dumps(only_over_tls(bucket, region)))


def bootstrap_() -> int:
    """Create the bucket and the key for Pulumi's state, and print the next commands. Can be repeated.

    The account and the region are those of your credentials: the account of the pipeline.

    Examples:
      context bootstrap

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
    sys.stdout.write(_next_commands(context.name, state))
    return 0


def _next_commands(context: str, state: StateBackend) -> str:
    service, pipeline = state.secrets_provider("<stack>"), state.secrets_provider(PIPELINE)
    account = state.key.split(":")[4]
    return (
        f'pulumi login "{state.backend}"\n'
        f'pulumi stack init <stack> --cwd infra/service --secrets-provider "{service}"\n'
        f'pulumi stack init main --cwd infra/account --secrets-provider "{state.secrets_provider(DEPLOYER)}"\n'
        f'pulumi stack init main --cwd infra/pipeline --secrets-provider "{pipeline}"\n'
        "\n"
        "infra/pipeline/Pulumi.main.yaml:\n"
        f'  {context}-pipeline:account: "{account}"\n'
        f"  {context}-pipeline:backend: {state.backend}\n"
        f"  {context}-pipeline:secrets_provider: {pipeline.partition('&')[0]}\n"
        f"  {context}-pipeline:environments, for each stack:\n"
        f"    secrets_provider: {service}\n"
    )
