"""Clients of the embedded AWS. They ignore the user's profiles, proxies and configuration files."""

import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ConnectionError as NoConnection
from botocore.exceptions import HTTPClientError

from bounded_context_cli.command.calls import Calls
from bounded_context_cli.programs.requests.calls import LOADER

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
            **(credentials or _root(emulator)), region_name=emulator.region, botocore_session=session
        )

    def _new_client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self.emulator.endpoint, config=CONFIG)

    def acting_as(self, role_arn: str) -> "Aws":
        """Assume a role, and return its calls. Raises botocore's ClientError if the role does not trust the caller."""
        made = self.call("sts", "assume_role", RoleArn=role_arn, RoleSessionName="local")["Credentials"]
        credentials = {
            "aws_access_key_id": made["AccessKeyId"],
            "aws_secret_access_key": made["SecretAccessKey"],
            "aws_session_token": made["SessionToken"],
        }
        return Aws(self.emulator, credentials)

    @cached_property
    def account(self) -> str:
        """The account's id."""
        return self.call("sts", "get_caller_identity")["Account"]


def _root(emulator: Emulator) -> Mapping[str, str]:
    return {"aws_access_key_id": emulator.access_key, "aws_secret_access_key": emulator.secret_key}
