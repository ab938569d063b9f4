"""What an account permits to the deployments of a context, and the boundary of its programs' roles.

`context permissions account` prints it as JSON, and the program `infra/account` makes its resources.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from bounded_context.domain.spelling import kebab

from .config import SettingSource, read_all
from .labels import DEPLOYER, Labels
from .partition import ARN
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
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    account: str = Field(pattern=r"^\d{12}$")
    oidc_provider: bool
    boundaries: Mapping[str, Document]
    roles: Mapping[str, RoleAccess]
    state: StateAccess | None
    evidence: EvidenceAccess | None = None


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
