"""The policies of the bucket and the key of Pulumi's state, for roles in the same account and in other accounts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bounded_context_infra.configuration.partition import Partition, partition_of
from bounded_context_infra.configuration.state import Access, on_bucket, on_bucket_key, on_secrets_key

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
    for stack, other in shared.items():
        on_objects += _to(where.root(other), _objects(where, bucket, project, stack))
        on_key += _to(where.root(other), _keys(where, stack))
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
    return ({**one, "Principal": {"AWS": root}} for one in statements)


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
