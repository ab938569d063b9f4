"""Errors of AWS: which pass by themselves, and how they are reported."""

import signal
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as LostConnection

from .denied import Document, denied

INTERRUPTED: Final = 128 + signal.SIGINT
"""The exit status after Ctrl-C, as in a shell."""

REFUSED: Final = 2
"""The exit status of a command that changed nothing."""

AWS_ERRORS = (ClientError, BotoCoreError)
"""The exceptions of AWS calls."""

_LOST = (LostConnection, HTTPClientError)
_THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
}


class Refused(Exception):
    """The command changed nothing. The message is one sentence with the remedy."""


class Expired(Exception):
    """The run's time is over."""


def code(error: Exception) -> str:
    """Return the error code of AWS's answer. Returns an empty text without an answer."""
    return error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""


def passes(error: Exception) -> bool:
    """Whether a later attempt may succeed: after a lost connection, throttling, or a status of 5xx."""
    if not isinstance(error, ClientError):
        return isinstance(error, _LOST)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code(error) in _THROTTLED or status >= 500


def sentence(error: Exception, document: Document | None = "shift") -> str:
    """Return the message of AWS or botocore on one line.

    For a missing permission, it also names the role and the policy `document` that contains the permission.
    """
    said = error.response.get("Error", {}).get("Message", "") if isinstance(error, ClientError) else str(error)
    line = " ".join(f"{code(error)}: {said}".removeprefix(": ").split())
    operation = error.operation_name if isinstance(error, ClientError) else ""
    lacking = denied(said, code(error), operation, document)
    return f"{line.rstrip('.')}; {lacking}" if lacking else line
