"""What goes wrong: what is refused, what passes by itself, and how it is reported."""

import signal
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as LostConnection

from .denied import Document, denied

INTERRUPTED: Final = 128 + signal.SIGINT
"""The exit status of a command that Ctrl-C ended, as a shell has it."""

REFUSED: Final = 2
"""The exit status of a command that changed nothing."""

AWS_ERRORS = (ClientError, BotoCoreError)
"""Everything that a call of AWS may raise."""

_LOST = (LostConnection, HTTPClientError)
_THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
}


class Refused(Exception):
    """Nothing was changed; the message is one sentence that says what to do."""


class Expired(Exception):
    """The time that a run may take is over."""


def code(error: Exception) -> str:
    """AWS's code of an error, empty for an error that AWS did not answer."""
    return error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""


def passes(error: Exception) -> bool:
    """Whether waiting helps: a connection is lost, AWS throttles, or AWS has a fault of its own (status 5xx)."""
    if not isinstance(error, ClientError):
        return isinstance(error, _LOST)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code(error) in _THROTTLED or status >= 500


def sentence(error: Exception, document: Document | None = "shift") -> str:
    """What AWS or botocore said, on one line; of a missing permission also whose it is, and which `document` has it."""
    said = error.response.get("Error", {}).get("Message", "") if isinstance(error, ClientError) else str(error)
    line = " ".join(f"{code(error)}: {said}".removeprefix(": ").split())
    operation = error.operation_name if isinstance(error, ClientError) else ""
    lacking = denied(said, code(error), operation, document)
    return f"{line.rstrip('.')}; {lacking}" if lacking else line
