"""The names of a secret: in its preset, in a function's environment, and in AWS."""

import os
import re
from typing import Final

NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""Lower-case letters, digits and single hyphens, such as ``acquirer-key``."""

_SUFFIX: Final = r"-[A-Za-z0-9]{6}$"
"""The suffix that Secrets Manager adds to a name in an ARN ("What's in a Secrets Manager secret?", secret ARN)."""


class NoSecret(LookupError):
    """The secret cannot be read; the message contains the remedy, and never a value."""


def secret_variable(name: str) -> str:
    """Return the variable with a secret's ARN: ``SECRET_ACQUIRER_KEY`` for ``acquirer-key``."""
    return f"SECRET_{name.upper().replace('-', '_')}"


def secret_arn(name: str) -> str:
    """Return a secret's ARN from the environment. Raises NoSecret: the function's preset does not name it."""
    arn = os.environ.get(secret_variable(name), "")
    if not arn:
        raise NoSecret(f"this function may not read {name}: write it into secrets of its preset.")
    return arn


def without_value(arn: str) -> NoSecret:
    """Return the error for a secret without a value, with the command that stores one."""
    name = re.sub(_SUFFIX, "", arn.rpartition(":")[2])
    command = f"aws secretsmanager put-secret-value --secret-id {name} --secret-string file:///dev/stdin"
    return NoSecret(f"{name} has no text as its value yet: put one with `{command}`.")
