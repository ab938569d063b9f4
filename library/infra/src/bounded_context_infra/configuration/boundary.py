"""The permissions boundary: a managed policy of the account that limits every role of a program."""

from dataclasses import dataclass
from typing import Annotated, Final

from .config import Source, read_all
from .partition import ARN
from .schema import Form, setting

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


def permissions_boundary(config: Source) -> str | None:
    """Return the ARN of the policy, or None without the setting. Raises SettingError."""
    return read_all(_Boundary, config)["permissions_boundary"]
