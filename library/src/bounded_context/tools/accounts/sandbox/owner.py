"""The owner of a stack, as a valid value of an AWS tag."""

import re
from typing import Final

from ...command.aws_errors import Refused
from ..throwaway import Services

_FORBIDDEN: Final = re.compile(r"[^\w.:/=+@-]+", re.ASCII)
_LONGEST: Final = 128


def person(aws: Services) -> str:
    """Return the name of the caller's AWS session or user. Raises Refused without credentials."""
    return as_tag(aws.caller()["Arn"].rpartition("/")[2])


def as_tag(name: str) -> str:
    """Return a name without characters that tags forbid: `dependabot[bot]` becomes `dependabot-bot`. Raises Refused."""
    cleaned = _FORBIDDEN.sub("-", name).strip("-")[:_LONGEST]
    if not cleaned:
        raise Refused(f"{name!r} cannot be an owner: log in to AWS with a session or a user that has a name.")
    return cleaned
