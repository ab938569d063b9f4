"""How a secret is called: by its preset, in a function's environment, and in AWS."""

import os
import re
from typing import Final

NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""Lower-case letters, digits and single hyphens, such as ``acquirer-key``."""

_SUFFIX: Final = re.compile(r"-[A-Za-z0-9]{6}$")
"""What Secrets Manager adds to a name to make its ARN ("What's in a Secrets Manager secret?", secret ARN)."""


class NoSecret(LookupError):
    """A secret cannot be read; the message says what to do, and never holds a value."""


def secret_variable(name: str) -> str:
    """Return the variable that tells a function the secret's ARN: ``SECRET_ACQUIRER_KEY`` of ``acquirer-key``."""
    return f"SECRET_{name.upper().replace('-', '_')}"


def secret_arn(name: str) -> str:
    """Return the ARN that the environment has of a secret. Raises NoSecret: the function's preset does not name it."""
    arn = os.environ.get(secret_variable(name), "")
    if not arn:
        raise NoSecret(f"this function may not read {name}: write it into secrets of its preset.")
    return arn


def without_value(arn: str) -> NoSecret:
    """Return the error that a secret has no value yet, with the command that puts one."""
    name = _SUFFIX.sub("", arn.rpartition(":")[2])
    command = f"aws secretsmanager put-secret-value --secret-id {name} --secret-string file:///dev/stdin"
    return NoSecret(f"{name} has no text as its value yet: put one with `{command}`.")
