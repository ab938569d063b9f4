"""The backend of Pulumi's state and secrets: S3 under a KMS key, or Pulumi Cloud.

The backend exists before this program runs. This module only grants access to it.
"""

from collections.abc import Mapping

import pulumi
from pulumi_aws import iam, kms

from bounded_context_infra.configuration.labels import Labels
from bounded_context_infra.configuration.state import (
    Access,
    SecretsProvider,
    bucket_name,
    on_bucket,
    on_bucket_key,
    on_secrets_key,
)
from bounded_context_infra.stack.key import Statement, allow, grant
from bounded_context_infra.stack.program import Account, Component


class State(Component):
    """The backend; `variables` and `secrets` configure the Pulumi CLI (a secret by its ARN in Secrets Manager).

    `project` is the name of the Pulumi project whose stacks the pipeline deploys.
    """

    urn_type = "bounded-context:pipeline:State"

    def __init__(
        self,
        name: str,
        labels: Labels,
        account: Account,
        *,
        project: str,
        backend: str,
        secrets_provider: str | None,
        token_arn: str | None,
    ) -> None:
        super().__init__(name, labels)
        self._account = account
        self._project = project
        self._backend = backend
        self._token_arn = token_arn
        self._bucket_key = SecretsProvider.of(secrets_provider) if secrets_provider else None
        self._arns: dict[str, pulumi.Output[str]] = {}
        self.secrets: Mapping[str, str] = {"PULUMI_ACCESS_TOKEN": token_arn} if token_arn else {}
        self.register_outputs({})

    def variables(self, secrets_provider: str | None) -> Mapping[str, str]:
        """Return the variables of the Pulumi CLI for a stack with this secrets provider."""
        return {
            "PULUMI_BACKEND_URL": self._backend,
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            **({"SECRETS_PROVIDER": secrets_provider} if secrets_provider else {}),
        }

    def grant(self, role: iam.Role, stack: str, secrets_provider: str | None, access: Access) -> iam.RolePolicy:
        """Let `role` preview or deploy a stack: its own objects, and the keys of the bucket and of its secrets."""
        if self._token_arn is not None:
            return grant(self, role, allow(["secretsmanager:GetSecretValue"], self._token_arn))
        statements: list[Statement] = [
            *on_bucket(self._account, bucket_name(self._backend), self._project, stack, access)
        ]
        if self._bucket_key is not None:
            statements.append(on_bucket_key(self._account, self._key_arn(self._bucket_key), access))
        if secrets_provider and (provider := SecretsProvider.of(secrets_provider)):
            statements.append(on_secrets_key(self._key_arn(provider), provider.context, access))
        return grant(self, role, *statements)

    def _key_arn(self, provider: SecretsProvider) -> pulumi.Output[str]:
        """Return the key's own ARN, because IAM does not accept aliases."""
        if provider.key.startswith("arn:"):
            return pulumi.Output.from_input(provider.key)
        if provider.key not in self._arns:
            kms_key = kms.get_key_output(key_id=provider.key, region=provider.region)
            self._arns[provider.key] = kms_key.apply(lambda key: key.arn)
        return self._arns[provider.key]
