"""What AWS turned away because there is too much at once, by one name for all clients."""

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
"""What DynamoDB, S3 and KMS behind them answer; botocore has tried such a call three times by then."""


@contextmanager
def throttling_as_one() -> Iterator[None]:
    """Raise errors of botocore that say so as ``Throttled``; those of pydynox are raised as that where they are met."""
    try:
        yield
    except Exception as error:
        response: Any = getattr(error, "response", None)
        code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
        if code in _CODES:
            raise Throttled(code) from error
        raise
