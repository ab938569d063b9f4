"""Clients of the embedded AWS. They ignore the user's profiles, proxies and configuration files."""

import os
import threading
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ConnectionError as NoConnection
from botocore.exceptions import HTTPClientError
from botocore.model import StructureShape

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


class Calls(Protocol):
    """Calls to an account, embedded or real."""

    region: str

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service."""
        ...

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        """Call an operation by its boto3 name, such as `create_queue`. Parameters that are None are omitted."""
        ...


class Aws:
    """Calls to the account of the embedded AWS, as its root user or with given credentials."""

    def __init__(self, emulator: Emulator, credentials: Mapping[str, str] | None = None) -> None:
        """Use the root user's credentials, or `credentials` as keyword arguments of boto3's Session."""
        self.emulator = emulator
        self.region = emulator.region
        self._session = boto3.Session(
            **(credentials or _root(emulator)),
            region_name=emulator.region,
            botocore_session=botocore.session.Session(session_vars=UNCONFIGURED),
        )
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service, which all threads share."""
        with self._making:
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service,  # type: ignore[call-overload]
                    endpoint_url=self._endpoint(service),
                    config=CONFIG,
                )
            return self._clients[service]

    def acting_as(self, role_arn: str) -> "Aws":
        """Assume a role, and return its calls. Raises botocore's ClientError if the role does not trust the caller."""
        made = self.call("sts", "assume_role", RoleArn=role_arn, RoleSessionName="local")["Credentials"]
        credentials = {
            "aws_access_key_id": made["AccessKeyId"],
            "aws_secret_access_key": made["SecretAccessKey"],
            "aws_session_token": made["SessionToken"],
        }
        return Aws(self.emulator, credentials)

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        """Call an operation by its boto3 name, such as `create_queue`. Parameters that are None are omitted."""
        present = {name: value for name, value in parameters.items() if value is not None}
        return getattr(self.client(service), operation)(**present)

    def input_shape(self, service: str, operation: str) -> StructureShape:
        """Return botocore's model of an operation's parameters."""
        client = self.client(service)
        model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
        return model.input_shape or StructureShape("Empty", {"type": "structure", "members": {}})

    def _endpoint(self, service: str) -> str:
        return self.emulator.codedeploy_endpoint if service == "codedeploy" else self.emulator.endpoint

    @cached_property
    def account(self) -> str:
        """The account's id."""
        return self.call("sts", "get_caller_identity")["Account"]


def _root(emulator: Emulator) -> Mapping[str, str]:
    return {"aws_access_key_id": emulator.access_key, "aws_secret_access_key": emulator.secret_key}
