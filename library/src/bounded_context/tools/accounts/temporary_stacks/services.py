"""The caller's account in a region: boto3's clients, and the caller's identity."""

import re
import threading
from collections.abc import Mapping
from typing import Any, Final

import boto3
from botocore.exceptions import NoCredentialsError

from ...command.aws_errors import Refused

_FORBIDDEN: Final = re.compile(r"[^\w.:/=+@-]+", re.ASCII)
_LONGEST: Final = 128
"""The maximum length of an owner. AWS permits 256 characters in a tag's value."""


class Services:
    """The clients of the caller's account, in a region."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """Return the service's client with boto3's default configuration. All threads share it."""
        with self._lock:
            if service not in self._clients:
                create: Any = boto3.client
                self._clients[service] = create(service, region_name=self.region)
            return self._clients[service]

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        """Call an operation by its boto3 name. Parameters with the value None are omitted."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return getattr(self.client(service), operation)(**given)

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
