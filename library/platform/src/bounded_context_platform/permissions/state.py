"""Permissions on Pulumi's state: of the context's stacks, of GitHub's roles, and of persons."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from bounded_context.domain.spelling import kebab
from bounded_context_infra.configuration.access import (
    Access,
    SecretsProvider,
    StateAccess,
    bucket_name,
    on_bucket,
    on_bucket_key,
    on_secrets_key,
    role_name,
)
from bounded_context_infra.configuration.config import partition_of
from bounded_context_infra.configuration.labels import PIPELINE, Labels
from bounded_context_infra.configuration.project import Project
from bounded_context_infra.pipeline.delivery import OF_AN_ENVIRONMENT

from ..bootstrap import policies_of
from ..temporary_stacks.kinds import MODEL

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
        match = _OF_ACCOUNT.fullmatch(self.bucket)
        if match is None or match[1] == account:
            return None
        return next(
            (provider.key for provider in (self.key, self.secrets) if not provider.key.startswith("arn:")), None
        )


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
    bucket_key, secrets_key = (_key(provider.key, account, region) for provider in (backend.key, backend.secrets))
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


PULL_REQUEST: Final = "pull-request"
"""The role by which a pull request's workflow previews a stack."""

TEMPORARY: Final = "stacks"
"""The role that changes the temporary stacks of a kind."""


@dataclass(frozen=True)
class StateUsers:
    """The stacks that workflows preview, and the kinds of temporary stacks, in an account."""

    account: str
    previewed: Sequence[str]
    kinds: Sequence[str]


@dataclass(frozen=True)
class SharedState:
    """The state, which is in the account of the pipeline.

    Attributes:
        project: the repository.
        pipeline: the settings of the pipeline.
        account: the pipeline's account.
        region: the region of the bucket and the key.
        users: the users of the state in each account.
    """

    project: Project
    pipeline: Mapping[str, Any]
    account: str
    region: str
    users: Sequence[StateUsers]

    def access(self) -> StateAccess | None:
        """Return the policies, or None for a state that is not in S3 with a key."""
        backend, key = str(self.pipeline.get("backend")), SecretsProvider.of(str(self.pipeline.get("secrets_provider")))
        if not backend.startswith("s3://") or key is None:
            return None
        bucket, shared, bound = bucket_name(backend), dict(self._elsewhere()), self._bound()
        policies = policies_of(bucket, self.account, self.project.package, shared, bound, self.region)
        own = policies.key if shared or bound else None
        return StateAccess(bucket=bucket, bucket_policy=policies.bucket, key=key.key, key_policy=own)

    def _elsewhere(self) -> Iterator[tuple[str, str]]:
        """Yield the stacks and kinds whose roles in other accounts read or write the state, with the account."""
        for user in self.users:
            if user.account != self.account:
                yield from ((stack, user.account) for stack in (*user.previewed, *user.kinds))

    def _bound(self) -> dict[str, list[str]]:
        """Return the stacks and kinds whose secrets have an encryption context, with the roles that use their key."""
        environments = self._with_context()
        roles = {stack: [*self._steps(stack)] for stack in environments}
        for user in self.users:
            for stack in {*user.previewed} & environments:
                roles[stack].append(self._arn(user.account, stack, PULL_REQUEST))
            for kind in user.kinds if MODEL in environments else ():
                roles.setdefault(kind, []).append(self._arn(user.account, kind, TEMPORARY))
        return roles

    def _with_context(self) -> set[str]:
        """Return the environments whose secrets provider has the encryption context of its stack."""
        common = str(self.pipeline.get("secrets_provider"))
        urls = {
            environment["name"]: environment.get("secrets_provider", common)
            for environment in self.pipeline.get("environments") or ()
        }
        providers = {name: SecretsProvider.of(str(url)) for name, url in urls.items()}
        return {name for name, provider in providers.items() if provider and provider.context.get("stack") == name}

    def _steps(self, stack: str) -> Iterator[str]:
        names = [f"{stack}-{step.name}" for step in OF_AN_ENVIRONMENT if step.state]
        for name in names:
            yield self._role(self.account, Labels(self.project.context.name, PIPELINE, "").name(name))

    def _arn(self, account: str, stack: str, role: str) -> str:
        return self._role(account, role_name(self.project.context.name, stack, role))

    def _role(self, account: str, name: str) -> str:
        return partition_of(self.region).arn_of(f"iam::{account}:role/{name}")
