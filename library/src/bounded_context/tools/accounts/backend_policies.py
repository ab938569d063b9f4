"""The policies of the bucket and the key of Pulumi's state, for roles in the same account and in other accounts."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ...configuration.state import Access, on_bucket, on_bucket_key, on_secrets_key
from .temporary_stacks.kinds import KINDS

Document = dict[str, Any]


class Policies(NamedTuple):
    """The policies of the bucket and of the key."""

    bucket: Document
    key: Document


def policies_of(bucket: str, account: str, project: str, shared: Mapping[str, str]) -> Policies:
    """Return the policies of a bucket and its key.

    Args:
        bucket: the name of the bucket.
        account: the account of the bucket.
        project: the program whose stacks are shared.
        shared: the stacks, or kinds of stacks, whose roles are in another account, with the account.
    """
    on_objects, on_key = [_only_over_tls(bucket)], [_by_iam(account)]
    for stack, other in shared.items():
        on_objects += _to(other, _objects(bucket, project, stack))
        on_key += _to(other, _keys(stack))
    return Policies(_document(on_objects), _document(on_key))


def _access(stack: str) -> Access:
    """Return the access from another account: only temporary stacks are deployed outside of the pipeline."""
    return "create" if stack in KINDS else "read"


def _objects(bucket: str, project: str, stack: str) -> list[Document]:
    return on_bucket(bucket, project, f"{stack}-*" if stack in KINDS else stack, _access(stack))


def _keys(stack: str) -> list[Document]:
    return [on_bucket_key("*", _access(stack)), on_secrets_key("*", {"stack": stack}, _access(stack))]


def _to(account: str, statements: list[Document]) -> Iterator[Document]:
    """Yield the statements for the roles of an account, which need the same permissions in their own policies."""
    return ({**one, "Principal": {"AWS": f"arn:aws:iam::{account}:root"}} for one in statements)


def _by_iam(account: str) -> Document:
    """Return KMS's own default: the policies of the account's roles decide."""
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    return {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}


def _only_over_tls(bucket: str) -> Document:
    arn = f"arn:aws:s3:::{bucket}"
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    return {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"], "Condition": condition}


def _document(statements: list[Document]) -> Document:
    return {"Version": "2012-10-17", "Statement": statements}
