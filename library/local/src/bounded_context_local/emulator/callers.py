"""Credentials of the functions, which the emulator derives from the ARNs of the function and its role.

The storm signs the calls that it changes with them, so the emulator checks the permissions of the function's role.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from botocore.credentials import Credentials

from .aws import Aws

_ACCESS_KEY: Final = re.compile(r"Credential=([^/]+)/")


class Callers:
    """The emulator's functions and their secrets, by access key."""

    def __init__(self, aws: Aws) -> None:
        """Store a client with the account's root credentials."""
        self._aws = aws
        self._known: Mapping[str, tuple[str, str]] = {}

    def credentials(self, headers: Mapping[str, str]) -> Credentials | None:
        """Return the credentials of a signed request, or None if they belong to no function."""
        key, (secret, _) = self._caller(headers)
        return Credentials(key, secret, headers.get("X-Amz-Security-Token")) if secret else None

    def function(self, headers: Mapping[str, str]) -> str:
        """Return the name of the function that signed a request, or an empty text if no function did."""
        return self._caller(headers)[1][1]

    def _caller(self, headers: Mapping[str, str]) -> tuple[str, tuple[str, str]]:
        """Return the access key of a request, and the secret and the function, both empty if no function has it."""
        found = _ACCESS_KEY.search(headers.get("Authorization", ""))
        key = found[1] if found else ""
        if found and key not in self._known:  # the run creates functions, versions and aliases later
            self._known = dict(_callers(self._aws))
        return key, self._known.get(key, ("", ""))


def _callers(aws: Aws) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the access key of each function, version and alias, with its secret and the function's name."""
    for function in _listed(aws, "list_functions", "Functions"):
        name, role, arn = function["FunctionName"], function["Role"], function["FunctionArn"]
        versions = _listed(aws, "list_versions_by_function", "Versions", FunctionName=name)
        aliases = _listed(aws, "list_aliases", "Aliases", FunctionName=name)
        qualifiers = [version["Version"] for version in versions] + [alias["Name"] for alias in aliases]
        for qualified in (arn, *(f"{arn}:{qualifier}" for qualifier in qualifiers)):
            key, secret = keys(qualified, role)
            yield key, (secret, name)


def keys(function_arn: str, role_arn: str) -> tuple[str, str]:
    """Return a function's access key and secret, as the pinned emulator derives them (`execution_credentials`)."""
    digest = _digest(f"{function_arn}:{role_arn}")
    return f"ASIA{digest[:16].upper()}", _digest(f"secret:{digest}")


def session_token(function_arn: str, role_arn: str) -> str:
    """Return a function's session token."""
    return _digest(f"token:{_digest(f'{function_arn}:{role_arn}')}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _listed(aws: Aws, operation: str, member: str, **parameters: str) -> Iterator[Mapping[str, Any]]:
    for page in aws.client("lambda").get_paginator(operation).paginate(**parameters):
        yield from page[member]
