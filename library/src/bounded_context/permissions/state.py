"""What a role that is not the pipeline's own needs where Pulumi keeps the stacks' state: GitHub's, or a person's."""

import re
from dataclasses import dataclass
from typing import Any, Final, Self

from ..words import kebab

_KEPT: Final = ("stacks", "backups", "history", "locks/organization")
"""Folders of Pulumi's S3 backend: a project has one in each, with what belongs to a stack (Pulumi 3.61 and later)."""

_KEY: Final = re.compile(r"awskms://(?:(?P<alias>alias/[\w/-]+)|/(?P<arn>arn:\S+?))(?:\?.*)?")


@dataclass(frozen=True)
class Backend:
    """The bucket of the state, and the key of the state and of the secrets in it: an alias, or an ARN."""

    bucket: str
    key: str

    @classmethod
    def of(cls, backend: str, secrets_provider: str) -> Self | None:
        """Read the pipeline's settings of these names; None where the state is not in S3."""
        key = _KEY.fullmatch(secrets_provider)
        if not backend.startswith("s3://") or key is None:
            return None
        return cls(backend.removeprefix("s3://").partition("?")[0], key["alias"] or key["arn"])

    @classmethod
    def by_default(cls, context: str, account: str, region: str) -> Self:
        """That which `just bootstrap` makes."""
        return cls(f"{kebab(context)}-state-{account}-{region}", f"alias/{kebab(context)}-state")


def policy(backend: Backend, project: str, stack: str, account: str, region: str, *, update: bool) -> dict[str, Any]:
    """The document: read all of the state, which a list of stacks takes, and with `update` write that of these stacks.

    Args:
        backend: where the state is.
        project: the program's name.
        stack: the stack's name, or a pattern such as `pr-*`.
        account: that of a key which an alias names.
        region: the same.
        update: whether stacks are made, deployed and removed.
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
    """The key's ARN, or any key's and the condition that it has the alias: IAM's resources know none."""
    if key.startswith("arn:"):
        return [key], {}
    return [f"arn:aws:kms:{region}:{account}:key/*"], {"ForAnyValue:StringEquals": {"kms:ResourceAliases": key}}


def _allow(actions: list[str], resources: list[str], condition: dict[str, Any] | None = None) -> dict[str, Any]:
    told = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return told | ({"Condition": condition} if condition else {})
