"""Clients of the embedded AWS, credentials of its functions, and fast calls to its queues.

The storm signs the calls that it changes with them, so the emulator checks the permissions of the function's role.
"""

import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from bounded_context.adapters.systems import Signed, Unanswered
from bounded_context_cli.command.aws_errors import Calls
from bounded_context_cli.programs.requests import LOADER

from .process import Emulator

CONFIG = Config(
    retries={"max_attempts": 0},
    proxies={},
    max_pool_connections=32,
    read_timeout=300,
    s3={"addressing_style": "path"},
)
UNANSWERED = (NoConnection, HTTPClientError)
"""The errors of a call when the emulator has ended, such as a joined emulator of another run."""

# Disables the user's configuration. Values are botocore's (file key, environment variable, default, cast).
UNCONFIGURED = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class Aws(Calls):
    """Calls to the account of the embedded AWS, as its root user or with given credentials."""

    def __init__(self, emulator: Emulator, credentials: Mapping[str, str] | None = None) -> None:
        """Use the root user's credentials, or `credentials` as keyword arguments of boto3's Session."""
        super().__init__(emulator.region, self._new_client)
        self.emulator = emulator
        session = botocore.session.Session(session_vars=UNCONFIGURED)
        session.register_component("data_loader", LOADER)
        self._session: Any = boto3.Session(
            **(credentials or {"aws_access_key_id": emulator.access_key, "aws_secret_access_key": emulator.secret_key}),
            region_name=emulator.region,
            botocore_session=session,
        )

    def _new_client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self.emulator.endpoint, config=CONFIG)

    @cached_property
    def account(self) -> str:
        """The account's id."""
        return self.call("sts", "get_caller_identity")["Account"]


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
        match = _ACCESS_KEY.search(headers.get("Authorization", ""))
        key = match[1] if match else ""
        if match and key not in self._known:  # the run creates functions, versions and aliases later
            self._known = dict(_callers(self._aws))
        return key, self._known.get(key, ("", ""))


def _callers(aws: Aws) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the access key of each function, version and alias, with its secret and the function's name."""
    for function in _entries(aws, "list_functions", "Functions"):
        name, role, arn = function["FunctionName"], function["Role"], function["FunctionArn"]
        versions = _entries(aws, "list_versions_by_function", "Versions", FunctionName=name)
        aliases = _entries(aws, "list_aliases", "Aliases", FunctionName=name)
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


def _entries(aws: Aws, operation: str, member: str, **parameters: str) -> Iterator[Mapping[str, Any]]:
    for page in aws.client("lambda").get_paginator(operation).paginate(**parameters):
        yield from page[member]


_SERVICE: Final = "sqs"
_CONTENT_TYPE: Final = "application/x-amz-json-1.0"


class QueueCalls(Calls):
    """Calls to SQS on the emulator, as its root user, with boto3's parameters and answers.

    A call takes less time than with botocore's client, which validates each request and each answer.
    """

    def __init__(self, aws: Aws) -> None:
        """Send the calls of other services with `aws`."""
        super().__init__(aws.region, aws.client)
        self._emulator = aws.emulator
        self._credentials = Credentials(self._emulator.access_key, self._emulator.secret_key)
        self._of_thread = threading.local()

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        """Call an operation by its boto3 name.

        Raises:
            ClientError: the emulator refused the request.
            ConnectionClosedError: the emulator did not answer.
        """
        if service != _SERVICE:
            return super().call(service, operation, **parameters)
        try:
            status, body = self._post(_headers(operation), json.dumps(parameters).encode())
        except Unanswered as error:
            raise ConnectionClosedError(endpoint_url=self._emulator.endpoint) from error
        answer = json.loads(body)
        if status != HTTPStatus.OK:
            raise ClientError({"Error": {"Code": answer["__type"], "Message": answer["message"]}}, operation)
        return answer

    def _post(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Return the answer to a request, which is repeated once: the emulator closes idle connections."""
        try:
            return self._sender().post(headers, body)
        except Unanswered:
            return self._sender().post(headers, body)

    def _sender(self) -> Signed:
        """Return the sender of this thread: a sender has one connection."""
        if not hasattr(self._of_thread, "sender"):
            self._of_thread.sender = Signed(_SERVICE, self._credentials, self.region, self._emulator.endpoint)
        return self._of_thread.sender


def _headers(operation: str) -> dict[str, str]:
    name = "".join(part.title() for part in operation.split("_"))
    return {"Content-Type": _CONTENT_TYPE, "X-Amz-Target": f"AmazonSQS.{name}"}
