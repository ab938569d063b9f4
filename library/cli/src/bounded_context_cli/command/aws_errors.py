"""AWS errors: detection of transient errors, and their report as a sentence."""

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError
from botocore.exceptions import ConnectionError as LostConnection

from .denied import Document, denied
from .output import INTERRUPTED, REFUSED

__all__ = ["AWS_ERRORS", "INTERRUPTED", "REFUSED", "Expired", "Refused", "code", "passes", "sentence"]

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


class Refused(Exception):
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
    lacking = denied(message, code(error), operation, document)
    return f"{line.rstrip('.')}; {lacking}" if lacking else line
