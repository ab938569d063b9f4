"""Throttling errors of AWS, raised as one class for all clients."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from ..application.ports import Throttled

_CODES: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""The codes of DynamoDB, S3 and KMS behind them, after botocore's three tries."""


@contextmanager
def throttling_as_one() -> Iterator[None]:
    """Raise botocore's throttling errors as ``Throttled``. Calls of pydynox raise it themselves."""
    try:
        yield
    except Exception as error:
        response: Any = getattr(error, "response", None)
        code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
        if code in _CODES:
            raise Throttled(code) from error
        raise
