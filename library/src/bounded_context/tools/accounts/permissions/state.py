"""Permissions on Pulumi's state for roles outside of the pipeline: GitHub's, or a person's."""

import re
from dataclasses import dataclass
from typing import Any, Final, Self

from ....domain.spelling import kebab

_KEPT: Final = ("stacks", "backups", "history", "locks/organization")
"""Folders of Pulumi's S3 backend. Each has a folder for a project, with the stacks' files (Pulumi 3.61 and later)."""

_KEY: Final = re.compile(r"awskms://(?:(?P<alias>alias/[\w/-]+)|/(?P<arn>arn:\S+?))(?:\?.*)?")


@dataclass(frozen=True)
class Backend:
    """The bucket of the state, and the KMS key of the state and its secrets, as an alias or an ARN."""

    bucket: str
    key: str

    @classmethod
    def of(cls, backend: str, secrets_provider: str) -> Self | None:
        """Read the pipeline's settings of these names; returns None if the state is not in S3."""
        key = _KEY.fullmatch(secrets_provider)
        if not backend.startswith("s3://") or key is None:
            return None
        return cls(backend.removeprefix("s3://").partition("?")[0], key["alias"] or key["arn"])

    @classmethod
    def by_default(cls, context: str, account: str, region: str) -> Self:
        """Return the backend that `context bootstrap` creates."""
        return cls(f"{kebab(context)}-state-{account}-{region}", f"alias/{kebab(context)}-state")


def policy(backend: Backend, project: str, stack: str, account: str, region: str, *, update: bool) -> dict[str, Any]:
    """Return the policy document. It permits reading all state, which listing stacks requires.

    Args:
        backend: the backend with the state.
        project: the program's name.
        stack: the stack's name, or a pattern such as `pr-*`.
        account: the account of a key that is given by its alias.
        region: the region of that key.
        update: whether the document also permits writing the state of these stacks.
    """
    bucket = f"arn:aws:s3:::{backend.bucket}"
    statements: list[dict[str, Any]] = [
        _allow(["s3:ListBucket"], [bucket]),
        _allow(["s3:GetObject"], [f"{bucket}/.pulumi/*"]),
    ]
    if update:
        ours = [f"{bucket}/.pulumi/{folder}/{project}/{stack}" for folder in _KEPT]
        statements.append(_allow(["s3:DeleteObject", "s3:PutObject"], ours))
    key = ["kms:Decrypt", *(["kms:Encrypt", "kms:GenerateDataKey"] if update else [])]
    statements.append(_allow(key, *_key(backend.key, account, region)))
    return {"Version": "2012-10-17", "Statement": statements}


def _key(key: str, account: str, region: str) -> tuple[list[str], dict[str, Any]]:
    """Return the key's ARN, or all keys with a condition on the alias: IAM does not support aliases as resources."""
    if key.startswith("arn:"):
        return [key], {}
    return [f"arn:aws:kms:{region}:{account}:key/*"], {"ForAnyValue:StringEquals": {"kms:ResourceAliases": key}}


def _allow(actions: list[str], resources: list[str], condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})
