"""The caller's account and identity."""

import re
from collections.abc import Mapping
from typing import Any, Final

import boto3
from botocore.exceptions import NoCredentialsError

from bounded_context_cli.command.aws_errors import Refused
from bounded_context_cli.command.calls import Calls

_FORBIDDEN: Final = re.compile(r"[^\w.:/=+@-]+", re.ASCII)
_LONGEST: Final = 128
"""The maximum length of an owner. AWS permits 256 characters in a tag's value."""


class Services(Calls):
    """The caller's account in a region, with boto3's default configuration."""

    def __init__(self, region: str) -> None:
        create: Any = boto3.client
        super().__init__(region, lambda service: create(service, region_name=region))

    def caller(self) -> Mapping[str, Any]:
        """Return the caller's identity from STS. Raises Refused without credentials."""
        try:
            return self.call("sts", "get_caller_identity")
        except NoCredentialsError as error:
            raise Refused("There are no AWS credentials: log in, or set AWS_PROFILE, and try again.") from error

    def person(self) -> str:
        """Return the name of the caller's AWS session or user, as a tag. Raises Refused without credentials."""
        return as_tag(self.caller()["Arn"].rpartition("/")[2])


def as_tag(name: str) -> str:
    """Return a name without characters that tags forbid: `dependabot[bot]` becomes `dependabot-bot`. Raises Refused."""
    cleaned = _FORBIDDEN.sub("-", name).strip("-")[:_LONGEST]
    if not cleaned:
        raise Refused(f"{name!r} cannot be an owner: log in to AWS with a session or a user that has a name.")
    return cleaned
