"""The resources of an account that deployments of a context need before the first of them."""

import json
from typing import Any, Final

import pulumi
from pulumi_aws import iam, kms, s3

from bounded_context.declaration.context import Context

from ..configuration.access import Document, RoleAccess, StateAccess
from ..configuration.boundary import permissions_boundary
from ..configuration.collisions import DEPLOYER
from ..configuration.partition import Partition
from ..stack.account import Account, placed, require_account
from ..stack.program import start
from .evidence import Evidence
from .packing import packed
from .printed import printed

_GITHUB: Final = "https://token.actions.githubusercontent.com"


class Deployments:
    """The access of deployments to the account of the program's stack: one stack for each account.

    A plain object: its resources have no parent resource.

    Args:
        context: the deployed context.

    Raises:
        RunError: a setting is missing or bad, or the credentials are of another account; no resource was made.

    Attributes:
        roles: the ARNs of the roles by name.
        boundaries: the ARNs of the permissions boundaries by name.
    """

    def __init__(self, context: Context[Any]) -> None:
        access = printed(pulumi.get_stack())
        require_account(access.account)
        config = placed()
        labels = start(context, permissions_boundary(config), reserved=DEPLOYER)
        self._tags = labels.tags
        self.boundaries = {name: self._policy(name, found).arn for name, found in access.boundaries.items()}
        provider = [self._oidc_provider(config.partition)] if access.oidc_provider else []
        self.roles = {name: self._role(name, role, provider) for name, role in access.roles.items()}
        if access.state is not None:
            _share(access.state)
        if access.evidence is not None:
            Evidence("evidence", labels, Account.current(), access.evidence)

    def _oidc_provider(self, partition: Partition) -> iam.OpenIdConnectProvider:
        # AWS checks GitHub's certificate by its own authorities, so the thumbprints have no effect (IAM user guide,
        # "Obtain the thumbprint for an OpenID Connect identity provider").
        audiences = partition.names("sts")
        names = [audiences] if isinstance(audiences, str) else audiences
        # Other repositories of the account use it.
        shared = pulumi.ResourceOptions(protect=True, retain_on_delete=True)
        return iam.OpenIdConnectProvider("github", url=_GITHUB, client_id_lists=names, tags=self._tags, opts=shared)

    def _policy(self, name: str, document: Document) -> iam.Policy:
        return iam.Policy(name, name=name, policy=json.dumps(document), tags=self._tags)

    def _role(self, name: str, access: RoleAccess, after: list[iam.OpenIdConnectProvider]) -> pulumi.Output[str]:
        """Make a role with managed policies, because its inline policies together have at most 10,240 characters."""
        role = iam.Role(
            name,
            name=name,
            assume_role_policy=json.dumps(access.trust),
            max_session_duration=access.session_seconds,
            tags=self._tags,
            opts=pulumi.ResourceOptions(depends_on=after),
        )
        for number, document in enumerate(packed(access.policies.values()), start=1):
            policy = self._policy(f"{name}-{number}", document)
            iam.RolePolicyAttachment(f"{name}-{number}", role=role.name, policy_arn=policy.arn)
        return role.arn


def _share(state: StateAccess) -> None:
    """Set the policies of the bucket and the key of the state, which `context bootstrap` made.

    The resources themselves are not in this program, whose state is in the same bucket.
    """
    s3.BucketPolicy("state", bucket=state.bucket, policy=json.dumps(state.bucket_policy))
    if state.key_policy is not None:
        kms.KeyPolicy("state", key_id=state.key, policy=json.dumps(state.key_policy))
