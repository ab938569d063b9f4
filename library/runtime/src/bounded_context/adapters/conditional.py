"""Conditional writes of DynamoDB through boto3: failed conditions, the items that failed them, and conflicts."""

import random
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

T = TypeVar("T")

ON_FAILURE: Final = "ALL_OLD"
"""The value of ReturnValuesOnConditionCheckFailure with which DynamoDB returns the item that failed a condition."""

_FAILED: Final = "ConditionalCheckFailed"
_CONFLICT: Final = "TransactionConflict"
_WAITS: Final = (0.05, 0.1, 0.2, 0.4)
"""The longest waits in seconds between tries. Another command's transaction on one item takes milliseconds."""

_plain: Final = TypeDeserializer().deserialize


def condition_failed(error: ClientError) -> bool:
    """Return whether DynamoDB refused a write, or the only write of a transaction, because its condition is false."""
    return _codes(error) <= {_FAILED}


def refusing_item(error: ClientError) -> dict[str, Any]:
    """Return the item that failed the condition of a write that asked for it; empty if there is no item."""
    item: Any = error.response.get("Item") or {}
    # boto3 converts the values of answers, but leaves the values of errors in DynamoDB's notation.
    return {name: _plain(value) for name, value in item.items()}


def despite_conflicts(write: Callable[[], T]) -> T:
    """Return the result of a write, and repeat the write while another transaction holds its item.

    Raises:
        ClientError: the write failed for another reason, or conflicted in each of five tries.
    """
    for longest in _WAITS:
        try:
            return write()
        except ClientError as error:
            if _codes(error) != {_CONFLICT}:
                raise
        time.sleep(random.uniform(0, longest))  # noqa: S311
    return write()


def _codes(error: ClientError) -> set[str]:
    """Return the error's code, or the codes of a transaction's reasons, without ``Exception`` at their end."""
    response: Any = error.response
    reasons = [str(reason.get("Code")) for reason in response.get("CancellationReasons", ())]
    found = [code for code in reasons if code != "None"] or [str(response.get("Error", {}).get("Code"))]
    return {code.removesuffix("Exception") for code in found}
