"""The access to the state of a context's stacks: the policies of its bucket and of its key."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bounded_context_infra.configuration.access import StateAccess, role_name
from bounded_context_infra.configuration.collisions import PIPELINE
from bounded_context_infra.configuration.labels import Labels
from bounded_context_infra.configuration.partition import partition_of
from bounded_context_infra.configuration.project import Project
from bounded_context_infra.configuration.state import SecretsProvider, bucket_name
from bounded_context_infra.pipeline.steps import OF_AN_ENVIRONMENT

from ..backend_policies import policies_of
from ..temporary_stacks.kinds import MODEL

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
        made = policies_of(bucket, self.account, self.project.package, shared, bound, self.region)
        own = made.key if shared or bound else None
        return StateAccess(bucket=bucket, bucket_policy=made.bucket, key=key.key, key_policy=own)

    def _elsewhere(self) -> Iterator[tuple[str, str]]:
        """Yield the stacks and kinds whose roles in other accounts read or write the state, with the account."""
        for one in self.users:
            if one.account != self.account:
                yield from ((stack, one.account) for stack in (*one.previewed, *one.kinds))

    def _bound(self) -> dict[str, list[str]]:
        """Return the stacks and kinds whose secrets have an encryption context, with the roles that use their key."""
        found = self._with_context()
        roles = {stack: [*self._steps(stack)] for stack in found}
        for one in self.users:
            for stack in {*one.previewed} & found:
                roles[stack].append(self._arn(one.account, stack, PULL_REQUEST))
            for kind in one.kinds if MODEL in found else ():
                roles.setdefault(kind, []).append(self._arn(one.account, kind, TEMPORARY))
        return roles

    def _with_context(self) -> set[str]:
        """Return the environments whose secrets provider has the encryption context of its stack."""
        common = str(self.pipeline.get("secrets_provider"))
        given = {one["name"]: one.get("secrets_provider", common) for one in self.pipeline.get("environments") or ()}
        providers = {name: SecretsProvider.of(str(url)) for name, url in given.items()}
        return {name for name, found in providers.items() if found and found.context.get("stack") == name}

    def _steps(self, stack: str) -> Iterator[str]:
        names = [f"{stack}-{step.name}" for step in OF_AN_ENVIRONMENT if step.state]
        for name in names:
            yield self._role(self.account, Labels(self.project.context.name, PIPELINE, "").name(name))

    def _arn(self, account: str, stack: str, role: str) -> str:
        return self._role(account, role_name(self.project.context.name, stack, role))

    def _role(self, account: str, name: str) -> str:
        return partition_of(self.region).arn_of(f"iam::{account}:role/{name}")
