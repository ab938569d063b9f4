"""Who sent a request: a function, whose keys the emulator makes of its ARN and its role's, and so the same each time.

A request that is written anew has to be signed anew. With the keys of whoever sent it, the emulator asks whether that
one's role allows it, as it does with any request; to its root everything is allowed.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from botocore.credentials import Credentials

from ..aws import Aws

_ACCESS_KEY: Final = re.compile(r"Credential=([^/]+)/")


class Callers:
    """The functions of the emulator, by their access keys."""

    def __init__(self, aws: Aws) -> None:
        """Take the account as its root sees it."""
        self._aws = aws
        self._secrets: Mapping[str, str] = {}

    def credentials(self, headers: Mapping[str, str]) -> Credentials | None:
        """Return those that a signed request was sent with; None if they are no function's."""
        found = _ACCESS_KEY.search(headers.get("Authorization", ""))
        if found is None:
            return None
        key = found[1]
        if key not in self._secrets:  # functions, versions and aliases are made as the run goes on
            self._secrets = dict(_secrets(self._aws))
        secret = self._secrets.get(key)
        return None if secret is None else Credentials(key, secret, headers.get("X-Amz-Security-Token"))


def _secrets(aws: Aws) -> Iterator[tuple[str, str]]:
    """Yield the access key and the secret of each function, and those of its versions and aliases."""
    for function in _listed(aws, "list_functions", "Functions"):
        name, role, arn = function["FunctionName"], function["Role"], function["FunctionArn"]
        versions = _listed(aws, "list_versions_by_function", "Versions", FunctionName=name)
        aliases = _listed(aws, "list_aliases", "Aliases", FunctionName=name)
        qualifiers = [one["Version"] for one in versions] + [one["Name"] for one in aliases]
        for qualified in (arn, *(f"{arn}:{qualifier}" for qualifier in qualifiers)):
            yield keys(qualified, role)


def keys(function_arn: str, role_arn: str) -> tuple[str, str]:
    """Return the access key and the secret that the pinned emulator gives a function (`execution_credentials`)."""
    digest = _digest(f"{function_arn}:{role_arn}")
    return f"ASIA{digest[:16].upper()}", _digest(f"secret:{digest}")


def session_token(function_arn: str, role_arn: str) -> str:
    """Return the session token that goes with a function's keys."""
    return _digest(f"token:{_digest(f'{function_arn}:{role_arn}')}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _listed(aws: Aws, operation: str, member: str, **parameters: str) -> Iterator[Mapping[str, Any]]:
    for page in aws.client("lambda").get_paginator(operation).paginate(**parameters):
        yield from page[member]
