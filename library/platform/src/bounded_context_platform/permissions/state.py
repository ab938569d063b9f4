"""Permissions on Pulumi's state for roles outside of the pipeline: GitHub's, or a person's."""

import re
from dataclasses import dataclass
from typing import Any, Final, Self

from bounded_context.domain.spelling import kebab
from bounded_context_infra.configuration.partition import partition_of
from bounded_context_infra.configuration.state import (
    Access,
    SecretsProvider,
    bucket_name,
    on_bucket,
    on_bucket_key,
    on_secrets_key,
)

_OF_ACCOUNT: Final = re.compile(r".+-state-(\d{12})-[a-z0-9-]+")
"""The bucket's name, as `context bootstrap` makes it."""


@dataclass(frozen=True)
class Backend:
    """The bucket of the state, the KMS key of its objects, and the key of a stack's secrets."""

    bucket: str
    key: SecretsProvider
    secrets: SecretsProvider

    @classmethod
    def of(cls, backend: str, secrets_provider: str, own: str) -> Self | None:
        """Read the pipeline's settings of these names, and a stack's own provider; None if the state is not in S3."""
        key, secrets = SecretsProvider.of(secrets_provider), SecretsProvider.of(own)
        if not backend.startswith("s3://") or key is None or secrets is None:
            return None
        return cls(bucket_name(backend), key, secrets)

    @classmethod
    def by_default(cls, context: str, account: str, region: str, stack: str, own: str) -> Self:
        """Return the backend that `context bootstrap` creates, with the stack's own provider if any."""
        alias = f"alias/{kebab(context)}-state"
        secrets = SecretsProvider.of(own) or SecretsProvider(alias, region, {"stack": stack})
        return cls(f"{kebab(context)}-state-{account}-{region}", SecretsProvider(alias, region, {}), secrets)

    def alias_elsewhere(self, account: str) -> str | None:
        """Return the alias of a key if the state is in another account: KMS looks it up in the caller's account."""
        found = _OF_ACCOUNT.fullmatch(self.bucket)
        if found is None or found[1] == account:
            return None
        return next((one.key for one in (self.key, self.secrets) if not one.key.startswith("arn:")), None)


def policy(backend: Backend, project: str, stack: str, account: str, region: str, *, access: Access) -> dict[str, Any]:
    """Return the policy document. It permits access to the state of the given stacks alone.

    Args:
        backend: the backend with the state.
        project: the program's name.
        stack: the stack's name, or a pattern such as `pr-*`.
        account: the account of a key that is given by its alias.
        region: the region of that key.
        access: what the role does with the stacks.
    """
    where = partition_of(region)
    bucket_key, secrets_key = (_key(one.key, account, region) for one in (backend.key, backend.secrets))
    statements = [
        *on_bucket(where, backend.bucket, project, stack, access),
        on_bucket_key(where, bucket_key[0], access, bucket_key[1]),
        on_secrets_key(secrets_key[0], backend.secrets.context, access, secrets_key[1]),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _key(key: str, account: str, region: str) -> tuple[str, dict[str, Any]]:
    """Return the key's ARN, or all keys with a condition on the alias: IAM does not support aliases as resources."""
    if key.startswith("arn:"):
        return key, {}
    return partition_of(region).arn_of(f"kms:{region}:{account}:key/*"), {
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": key}
    }
