"""The backend of Pulumi's state and secrets: S3 under a KMS key, or Pulumi Cloud.

The backend exists before this program runs. This module only grants access to it.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

import pulumi
from pulumi_aws import iam, kms

from ...configuration.labels import Labels
from ..stack.component import Component
from ..stack.policy import Statement, allow, grant

_STATE = ".pulumi/*"
"""The objects that Pulumi's S3 backend writes."""


class State(Component):
    """The backend; `variables` and `secrets` configure the Pulumi CLI (a secret by its ARN in Secrets Manager)."""

    urn_type = "bounded-context:pipeline:State"

    def __init__(
        self, name: str, labels: Labels, *, backend: str, secrets_provider: str | None, token_arn: str | None
    ) -> None:
        super().__init__(name, labels)
        self._backend = backend
        self._token_arn = token_arn
        self._key_arn = secrets_provider and _key_arn(secrets_provider)
        self.variables: Mapping[str, str] = {
            "PULUMI_BACKEND_URL": backend,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            **({"SECRETS_PROVIDER": secrets_provider} if secrets_provider else {}),
        }
        self.secrets: Mapping[str, str] = {"PULUMI_ACCESS_TOKEN": token_arn} if token_arn else {}
        self.register_outputs({})

    def grant_read(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` preview: read the state, and decrypt its secrets."""
        return self._grant(role, ["s3:GetObject"], ["kms:Decrypt"])

    def grant_update(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` deploy: also write the state and its locks."""
        objects = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        return self._grant(role, objects, ["kms:Decrypt", "kms:GenerateDataKey"])

    def _grant(self, role: iam.Role, objects: Sequence[str], key: Sequence[str]) -> iam.RolePolicy:
        if self._token_arn is not None:
            return grant(self, role, allow(["secretsmanager:GetSecretValue"], self._token_arn))
        bucket = f"arn:aws:s3:::{_bucket_name(self._backend)}"
        statements: list[Statement] = [allow(["s3:ListBucket"], bucket), allow(objects, f"{bucket}/{_STATE}")]
        if self._key_arn is not None:
            statements.append(allow(key, self._key_arn))
        return grant(self, role, *statements)


def _bucket_name(backend: str) -> str:
    return backend.removeprefix("s3://").partition("?")[0]


def _key_arn(secrets_provider: str) -> pulumi.Output[str]:
    """Return the key's own ARN, because IAM does not accept aliases."""
    name, _, query = secrets_provider.removeprefix("awskms://").removeprefix("/").partition("?")
    [region] = parse_qs(query).get("region", [None])
    return kms.get_key_output(key_id=name, region=region).apply(lambda key: key.arn)
