"""The permissions boundary: a managed policy of the account that limits every role of a program."""

import re
from typing import Final

from .config import Source, matching

# The form of the ARN: IAM API reference, CreatePolicy. AWS's own policies have no account, and limit too little.
_POLICY: Final = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:policy/([!-.0-~]+/)*[\w+=,.@-]{1,128}")


def permissions_boundary(config: Source) -> str | None:
    """Return the ARN of the setting `permissions_boundary`, or None without the setting. Raises SettingError."""
    words = "the ARN of a managed policy of the account, arn:aws:iam::<account>:policy/<name>"
    return matching(config, "permissions_boundary", _POLICY, "", words) or None
