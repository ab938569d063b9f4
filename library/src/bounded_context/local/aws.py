"""Clients of the embedded AWS. They know nothing of this machine's profiles, proxies or configuration files."""

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

from .emulator import Emulator

CONFIG = Config(
    retries={"max_attempts": 0},
    proxies={},
    max_pool_connections=32,
    read_timeout=300,
    s3={"addressing_style": "path"},
)
UNANSWERED = (NoConnection, HTTPClientError)
"""What every call raises once the emulator has ended, such as one that another run has started."""

# What botocore would read of the user's own: each is (file key, environment variable, value, cast).
UNCONFIGURED = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class Calls(Protocol):
    """An account as its caller sees it: this machine's, or a real one."""

    region: str

    def client(self, service: str) -> Any:
        """Return the service's client of boto3."""
        ...

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        """Call an operation by its boto3 name, such as `create_queue`; a parameter that is None is not sent."""
        ...


class Aws:
    """One account of the embedded AWS, seen as its root or as the caller whose credentials are given."""

    def __init__(self, emulator: Emulator, credentials: Mapping[str, str] | None = None) -> None:
        """Make clients on demand: for the emulator's root, or with `credentials` as boto3's Session takes them."""
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
        """Return the service's client, the same to every thread."""
        with self._making:
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service,  # type: ignore[call-overload]
                    endpoint_url=self._endpoint(service),
                    config=CONFIG,
                )
            return self._clients[service]

    def acting_as(self, role_arn: str) -> "Aws":
        """Return the account as a role sees it. Raises botocore's ClientError if the role does not trust the caller."""
        made = self.call("sts", "assume_role", RoleArn=role_arn, RoleSessionName="local")["Credentials"]
        credentials = {
            "aws_access_key_id": made["AccessKeyId"],
            "aws_secret_access_key": made["SecretAccessKey"],
            "aws_session_token": made["SessionToken"],
        }
        return Aws(self.emulator, credentials)

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        """Call an operation by its boto3 name, such as `create_queue`; a parameter that is None is not sent."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return getattr(self.client(service), operation)(**given)

    def input_shape(self, service: str, operation: str) -> StructureShape:
        """Return what botocore knows of an operation's parameters."""
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
