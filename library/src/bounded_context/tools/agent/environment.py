"""The environment of the tools' processes: no AWS credentials, profile, endpoint or Pulumi backend."""

import os
from collections.abc import Mapping
from typing import Final

_PREFIXES: Final = ("AWS_", "BOTO_", "PULUMI_")

_NO_ACCOUNT: Final = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""The settings with which botocore neither reads files of the user's home nor asks the machine for credentials."""


def without_account(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without all variables that name an AWS account or Pulumi's state."""
    return {name: value for name, value in environment.items() if not name.startswith(_PREFIXES)} | _NO_ACCOUNT
