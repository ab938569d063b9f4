"""What an account permits to the deployments of a context, the boundary of its roles, and Pulumi's state in S3.

`context permissions account` prints the access as JSON, and the program `infra/account` makes its resources. The state
of a stack has objects, a key of its secrets, and permissions on both. The names of the objects are those of Pulumi's
`diy` backend (pkg/backend/diy: store.go, lock.go, stack_tags.go) since Pulumi 3.61.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Protocol, Self
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field

from bounded_context.domain.spelling import kebab

from .config import ARN, SettingSource, read_all
from .labels import DEPLOYER, Labels
from .schema import Form, setting

Document = dict[str, Any]
"""An IAM policy document."""

SESSION_SECONDS: Final = 3600
"""The session of a role (IAM API reference, CreateRole, MaxSessionDuration)."""


class RoleAccess(BaseModel):
    """A role: its trust policy, its policies by name, and the maximum duration of its sessions in seconds."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    trust: Document
    policies: dict[str, Document]
    session_seconds: int = SESSION_SECONDS


class StateAccess(BaseModel):
    """The policies of the bucket and the key of Pulumi's state. A key without `key_policy` keeps its policy."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    bucket: str
    bucket_policy: Document
    key: str
    key_policy: Document | None


class EvidenceAccess(BaseModel):
    """The trail of an account: the days of its archive, and the contexts and regions whose data it records."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    days: int
    contexts: list[str]
    regions: list[str]


class AccountAccess(BaseModel):
    """All access of deployments to an account.

    Attributes:
        account: the account's id.
        oidc_provider: whether the program makes GitHub's OpenID Connect provider.
        boundaries: the permissions boundaries of the stacks' own roles, by name.
        roles: the roles, by name.
        state: the access to Pulumi's state if the state is in this account.
        evidence: the trail, if the account has one.
        traces_indexed: the percentage of traces that X-Ray indexes, if all are stored in CloudWatch Logs.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    account: str = Field(pattern=r"^\d{12}$")
    oidc_provider: bool
    boundaries: Mapping[str, Document]
    roles: Mapping[str, RoleAccess]
    state: StateAccess | None
    evidence: EvidenceAccess | None = None
    traces_indexed: float | None = None


def role_name(context: str, stack: str, role: str) -> str:
    """Return the name of a role of deployments, such as `payment-deployer-dev-preview`. Raises LabelError."""
    return Labels(context, DEPLOYER, "").name(f"{stack}-{role}")


def boundary_name(context: str, stack: str) -> str:
    """Return the name of the boundary of a stack's roles, such as `payment-dev-boundary`."""
    return f"{kebab(context)}-{stack}-boundary"


# The form of the ARN: IAM API reference, CreatePolicy. AWS's own policies have no account, and limit too little.
_POLICY: Final = Form(
    ARN + r"iam::\d{12}:policy/([!-.0-~]+/)*[\w+=,.@-]{1,128}",
    "the ARN of a managed policy of the account, arn:aws:iam::<account>:policy/<name>",
)
Boundary = Annotated[str, _POLICY]
"""The type of the setting `permissions_boundary`."""


@dataclass(frozen=True)
class _Boundary:
    permissions_boundary: Boundary | None = setting("", None)


def permissions_boundary(config: SettingSource) -> str | None:
    """Return the ARN of the policy, or None without the setting. Raises SettingError."""
    return read_all(_Boundary, config)["permissions_boundary"]


Access = Literal["read", "update", "create"]
"""What a role does with a stack: preview it, also deploy it, or also create it with a data key for its secrets."""


class Where(Protocol):
    """The partition of a stack, or the account that a program deploys to."""

    def arn_of(self, rest: str, /) -> Any:
        """Return the ARN that ends with `rest`."""

    def names(self, service: str, /) -> Any:
        """Return the names of a service in conditions."""


PROVIDER: Final = re.compile(
    r"awskms://(?:(?P<alias>alias/[\w/-]+)|/(?P<arn>arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+))(?:\?(?P<query>\S+))?"
)
"""The form of a secrets provider in KMS (gocloud.dev/secrets/awskms)."""

_META: Final = ".pulumi/meta.yaml"
_CONTEXT: Final = "context_"
"""The prefix of the parameters that are pairs of the encryption context (gocloud.dev/secrets/awskms, URLOpener)."""

_OWN: Final = re.compile(rf"(?<=[?&]{_CONTEXT}stack=)[^&]*")


def bucket_name(backend: str) -> str:
    """Return the bucket of a backend such as `s3://bucket?region=eu-west-1`."""
    return backend.removeprefix("s3://").partition("?")[0]


@dataclass(frozen=True)
class SecretsProvider:
    """The key that encrypts the data key of a stack's secrets: its alias or ARN, region and encryption context."""

    key: str
    region: str | None
    context: Mapping[str, str]

    @classmethod
    def of(cls, url: str) -> Self | None:
        """Return the provider of a URL, or None if the provider is not in KMS."""
        match = PROVIDER.fullmatch(url)
        if match is None:
            return None
        query = dict(parse_qsl(match["query"] or ""))
        context = {key.removeprefix(_CONTEXT): value for key, value in query.items() if key.startswith(_CONTEXT)}
        return cls(match["alias"] or match["arn"], query.get("region"), context)


def of_stack(url: str, name: str) -> str:
    """Return the URL for another stack, or kind of stacks: only the `stack` of its encryption context differs."""
    return _OWN.sub(name, url)


def locks(project: str, stack: str) -> str:
    """Return the prefix of a stack's locks. Each lock is an object."""
    return f".pulumi/locks/organization/{project}/{stack}/"


def checkpoints(project: str, start: str) -> str:
    """Return the prefix of the states of the stacks whose names begin with `start`."""
    return f".pulumi/stacks/{project}/{start}"


def objects(project: str, stack: str) -> list[str]:
    """Return the patterns of a stack's objects. `stack` may be a pattern such as `pr-*`.

    A stack's name has no dot, so `dev.json*` covers no other stack. It covers `.gz`, `.zst` and `.bak`.
    """
    state = checkpoints(project, stack)
    folders = (f".pulumi/history/{project}/{stack}/", f".pulumi/backups/{project}/{stack}/", locks(project, stack))
    return [f"{state}.json*", f"{state}.pulumi-tags", *(f"{folder}*" for folder in folders)]


def on_bucket(where: Where, bucket: str, project: str, stack: str, access: Access) -> list[dict[str, Any]]:
    """Return the statements about a stack's objects.

    Without `s3:ListBucket` on its key, S3 reports a missing object as forbidden, and Pulumi fails. S3 then compares
    the key with `s3:prefix` (ceph pull request 68577; Terraform's page of its S3 backend).
    """
    arn, own = f"s3:::{bucket}", objects(project, stack)
    # A pattern also lists the names of its stacks.
    listed = [_META, *own, *([checkpoints(project, stack)] if "*" in stack else [])]
    statements = [
        _allow(["s3:ListBucket"], [where.arn_of(arn)], {"StringLike": {"s3:prefix": listed}}),
        _allow(["s3:GetObject"], [where.arn_of(f"{arn}/{key}") for key in (_META, *own)]),
    ]
    if access != "read":
        statements.append(_allow(["s3:DeleteObject", "s3:PutObject"], [where.arn_of(f"{arn}/{key}") for key in own]))
    return statements


def on_bucket_key(where: Where, key: Any, access: Access, condition: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the statement about the key that encrypts the bucket's objects. Only S3 may use it for the role."""
    actions = ["kms:Decrypt", *(["kms:GenerateDataKey"] if access != "read" else [])]
    return _allow(actions, [key], {"StringLike": {"kms:ViaService": where.names("s3.*")}, **(condition or {})})


def on_secrets_key(
    key: Any, context: Mapping[str, str], access: Access, condition: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the statement about the key of a stack's secrets, for its encryption context alone if any."""
    actions = ["kms:Decrypt", *(["kms:Encrypt"] if access == "create" else [])]
    # KMS developer guide, "Condition keys": kms:EncryptionContext:context-key, for Decrypt and Encrypt too.
    pairs = {f"kms:EncryptionContext:{name}": value for name, value in context.items()}
    return _allow(actions, [key], {**({"StringEquals": pairs} if pairs else {}), **(condition or {})})


def _allow(actions: list[str], resources: list[Any], condition: Mapping[str, Any] | None = None) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})
