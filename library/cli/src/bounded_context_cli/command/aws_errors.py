"""AWS errors: transient errors and missing permissions, and their report as a sentence."""

import os
import re
import threading
from collections.abc import Callable
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError
from botocore.exceptions import ConnectionError as LostConnection

from .output import INTERRUPTED, REFUSED

Document = Literal[
    "preview",
    "deploy",
    "shift",
    "releases",
    "deadlines",
    "exports",
    "redrive",
    "reseed",
    "restore",
    "erase",
    "close",
    "approve",
    "reproduce",
    "state",
]
"""A policy that `context permissions` prints."""

_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:\w+)")
_OPERATION = re.compile(
    r"operation error ([\w ]+): (\w+),.*\b(?:AccessDenied|UnauthorizedOperation|Forbidden)", re.DOTALL
)
"""The message of AWS's SDK for Go, and of Pulumi, for services that do not name the action."""

_NAME = r"([\w+=,.@-]+)"
_PRINCIPAL = re.compile(rf":assumed-role/{_NAME}/|:user/(?:[\w+=,.@-]+/)*{_NAME}")
_CODES = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")


def denied(message: str, code: str = "", operation: str = "", document: Document | None = None) -> str | None:
    """Return a sentence with the role and its missing permission, or None if the message does not name them.

    Args:
        message: AWS's message, or the output of a command.
        code: AWS's error code, if available.
        operation: the called API operation, for messages that do not name the action.
        document: the policy that contains the permission, if `context permissions` can print it.
    """
    action = _action(message) or (operation if code in _CODES else "")
    principal = _principal(message)
    where = f": `context permissions {document} <stack>` prints what it needs" if document else ""
    return f"{principal} may not {action}{where}" if action and principal else None


def _action(message: str) -> str:
    if match := _ACTION.search(message):
        return match[1]
    return f"{match[1].lower()}:{match[2]}" if (match := _OPERATION.search(message)) else ""


def _principal(message: str) -> str:
    """Return the role or the user that AWS names, otherwise the role of the pipeline's step; empty without both."""
    if match := _PRINCIPAL.search(message):
        return f"the role {match[1]}" if match[1] else f"the user {match[2]}"
    step = os.environ.get("ROLE_ARN", "").rpartition("/")[2]
    return f"the role {step}" if step else ""


__all__ = ["AWS_ERRORS", "INTERRUPTED", "REFUSED", "Expired", "Refusal", "code", "passes", "sentence"]

AWS_ERRORS = (ClientError, BotoCoreError)
"""The exceptions of AWS calls."""

_SIGN_IN = (
    "set AWS_PROFILE to a profile that is signed in. For a local run, first run the `export` lines that "
    "`context run --keep` prints."
)
_LOST = (LostConnection, HTTPClientError)
_THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
}


class Refusal(Exception):
    """The command changed nothing. The message is a sentence with the remedy."""


class Expired(Exception):
    """The run's time is over."""


def code(error: Exception) -> str:
    """Return the error code of AWS's answer; empty without an answer."""
    return error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""


def passes(error: Exception) -> bool:
    """Return whether a later attempt may succeed: after a lost connection, throttling, or a 5xx status."""
    if not isinstance(error, ClientError):
        return isinstance(error, _LOST)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code(error) in _THROTTLED or status >= 500


def sentence(error: Exception, document: Document | None = "shift") -> str:
    """Return the message of AWS or botocore on one line.

    For a missing permission, the line also names the role and the policy `document` that contains the permission.
    """
    message = error.response.get("Error", {}).get("Message", "") if isinstance(error, ClientError) else str(error)
    line = " ".join(f"{code(error)}: {message}".removeprefix(": ").split())
    if isinstance(error, NoCredentialsError):
        return f"{line}: {_SIGN_IN}"
    operation = error.operation_name if isinstance(error, ClientError) else ""
    denial = denied(message, code(error), operation, document)
    return f"{line.rstrip('.')}; {denial}" if denial else line


class Calls:
    """Calls to an account in a region.

    Attributes:
        region: the region.
    """

    def __init__(self, region: str, create: Callable[[str], Any]) -> None:
        """Let `create` create the boto3 client of a service when it is first used."""
        self.region = region
        self._create = create
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service, which all threads share."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._create(service)
            return self._clients[service]

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        """Call an operation by its boto3 name, such as `create_queue`. Parameters that are None are omitted."""
        present = {name: value for name, value in parameters.items() if value is not None}
        return getattr(self.client(service), operation)(**present)
