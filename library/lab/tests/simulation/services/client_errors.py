"""The exceptions that botocore's clients raise."""

from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError, HTTPClientError, ReadTimeoutError

from .retries import Faults

THROTTLING: Final = frozenset(
    (
        "ProvisionedThroughputExceededException",
        "RequestThrottled",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TransactionInProgressException",
    )
)
"""The simulated services' codes that botocore retries (botocore.retries.standard)."""


class ConditionalCheckFailedException(ClientError):
    """The condition of a write to DynamoDB does not hold."""


class TransactionCanceledException(ClientError):
    """DynamoDB cancelled a transaction. ``response["CancellationReasons"]`` has a reason for each action."""


class IdempotentParameterMismatchException(ClientError):
    """A transaction's token came with another request before."""


class ResourceNotFoundException(ClientError):
    """The table does not exist."""


class NoSuchKey(ClientError):
    """The object does not exist."""


_CLASSES: Final[dict[str, type[ClientError]]] = {
    kind.__name__: kind
    for kind in (
        ConditionalCheckFailedException,
        IdempotentParameterMismatchException,
        NoSuchKey,
        ResourceNotFoundException,
        TransactionCanceledException,
    )
}


def refused(operation: str, code: str, message: str = "", status: int = 400, **members: Any) -> ClientError:
    """Return the error of a request that a service refused.

    Args:
        operation: such as ``PutItem``.
        code: ``response["Error"]["Code"]``.
        message: ``response["Error"]["Message"]``.
        status: the HTTP status.
        **members: further members of ``response``.
    """
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": answered(status), **members}
    return _CLASSES.get(code, ClientError)(response, operation)


def answered(status: int) -> dict[str, Any]:
    """Return the metadata of an answer."""
    return {"RequestId": "simulated", "HTTPStatusCode": status, "RetryAttempts": 0}


def invalid(operation: str, message: str) -> ClientError:
    """Return the error of a request to DynamoDB that is not valid."""
    return refused(operation, "ValidationException", message)


def passes(error: Exception) -> bool:
    """Return whether botocore sends the request again: after throttling, status 5xx, and a lost connection."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or error.response.get("Error", {}).get("Code") in THROTTLING
    return isinstance(error, HTTPClientError)


def faults(operation: str, throttling: str, status: int = 400, failure: str = "InternalServerError") -> Faults:
    """Return the faults of an operation. ``throttling`` and ``status`` describe a throttled request."""
    return Faults(
        partial(refused, operation, throttling, "Rate exceeded", status),
        partial(refused, operation, failure, "Internal server error", 500),
        _unanswered,
        passes,
    )


def _unanswered() -> Exception:
    return ReadTimeoutError(endpoint_url="https://simulated.invalid/", error="simulated")
