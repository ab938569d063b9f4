"""The permissions boundary: a managed policy of the account that limits every role of a program."""

import re
from typing import Final

from .config import Source, optional
from .partition import ARN
from .schema import schema_is, text

# The form of the ARN: IAM API reference, CreatePolicy. AWS's own policies have no account, and limit too little.
_POLICY: Final = re.compile(ARN + r"iam::\d{12}:policy/([!-.0-~]+/)*[\w+=,.@-]{1,128}")
_WORDS: Final = "the ARN of a managed policy of the account, arn:aws:iam::<account>:policy/<name>"


@schema_is(lambda: text(_POLICY, _WORDS))
def permissions_boundary(config: Source, key: str = "permissions_boundary") -> str | None:
    """Return the ARN of the policy, or None without the setting. Raises SettingError."""
    return optional(config, key, _POLICY, _WORDS)
