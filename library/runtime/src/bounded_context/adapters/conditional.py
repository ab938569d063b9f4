"""Conditional writes of DynamoDB through boto3, their conflicts, and retries while the table throttles.

A table on demand throttles while it grows into a load.

pydynox itself gives a throttled request three tries within two seconds, and unprocessed keys of a batch five within
three seconds, without regard to other writers. A table may need minutes to grow.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from botocore.exceptions import ClientError

from ..application.calls import seconds_to_spare
from ..application.ports import THROTTLING_CODES, Throttled
from ..domain.events import ForeignEvent, Standing
from .items import KEY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


T = TypeVar("T")

ON_FAILURE: Final = "ALL_OLD"
"""The value of ReturnValuesOnConditionCheckFailure with which DynamoDB returns the item that failed a condition."""

_FAILED: Final = "ConditionalCheckFailed"
_CONFLICT: Final = "TransactionConflict"
_WAITS: Final = (0.05, 0.1, 0.2, 0.4)
"""The longest waits in seconds between tries. Another command's transaction on one item takes milliseconds."""


def condition_failed(error: ClientError) -> bool:
    """Return whether DynamoDB refused a write, or the only write of a transaction, because its condition is false."""
    return _codes(error) <= {_FAILED}


def refusing_item(error: ClientError) -> dict[str, Any]:
    """Return the item that failed the condition of a write that asked for it; empty if there is no item."""
    from boto3.dynamodb.types import TypeDeserializer

    item: Any = error.response.get("Item") or {}
    # boto3 converts the values of answers, but leaves the values of errors in DynamoDB's notation.
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


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


def conditionally(write: Callable[..., Any], **request: Any) -> tuple[bool, dict[str, Any]]:
    """Send a conditional write of an item. Return whether it is written, and the attributes that DynamoDB returns.

    For a refused write, these are the attributes of the item that failed the condition; empty if there is no item.
    """
    try:
        answer = despite_conflicts(lambda: write(ReturnValuesOnConditionCheckFailure=ON_FAILURE, **request))
    except ClientError as error:
        if not condition_failed(error):
            raise
        return False, refusing_item(error)
    return True, answer.get("Attributes", {})


def _codes(error: ClientError) -> set[str]:
    """Return the error's code, or the codes of a transaction's reasons, without ``Exception`` at their end."""
    response: Any = error.response
    reasons = [str(reason.get("Code")) for reason in response.get("CancellationReasons", ())]
    codes = [code for code in reasons if code != "None"] or [str(response.get("Error", {}).get("Code"))]
    return {code.removesuffix("Exception") for code in codes}


with suppress(ImportError):  # only Lambda's Python runtime has this package
    import snapshot_restore_py as snapshots  # pyrefly: ignore[missing-import] (only on Lambda)

    # All copies of a snapshot would draw the same waits.
    snapshots.register_after_restore(random.seed)

# A wait takes at most 5 s, and half of that on average. A table that grows into a load gets some 10 seconds per call.
_TRIES = 8
_LONGEST_WAIT = 5.0


def patiently(call: Callable[[], T], passes: Callable[[Exception], bool], tries: int | None = None) -> T:
    """Return the result of a call, and repeat the call while it fails for a transient reason.

    Between two tries it waits for a time that grows and has full jitter: throttled calls do not retry in step.

    Args:
        call: the call.
        passes: returns whether an error is transient.
        tries: the number of calls; by default eight.

    Raises:
        Exception: the call failed with another error.
        Throttled: it failed with transient errors in all tries, or the function's time is nearly over.
    """
    tries = tries or _TRIES
    waits = (min(_LONGEST_WAIT, 0.1 * 2**tried) for tried in range(tries - 1))
    while True:
        if seconds_to_spare() < 0:
            raise Throttled("the function's time is nearly over")
        try:
            return call()
        except Exception as error:
            if not passes(error):
                raise
            wait = next(waits, None)
            if wait is None:
                raise Throttled(f"throttled {tries} times") from error
        time.sleep(random.uniform(0, wait))  # noqa: S311


MOST_KEYS: Final = 100
"""The most keys that BatchGetItem takes (AWS limit)."""


class Unprocessed(Exception):
    """DynamoDB left keys of a batch unprocessed, because the table throttles or the answer is too large."""


def read_batch(table: "Table", keys: Sequence[Mapping[str, str]], **request: Any) -> list[Mapping[str, Any]]:
    """Return the existing items of at most `MOST_KEYS` keys. Unprocessed keys are requested again after waits.

    Raises:
        Throttled: keys stayed unprocessed.
    """
    present = list[Mapping[str, Any]]()
    asked: Any = {table.name: {"Keys": [*keys], **request}} if keys else {}

    def attempt() -> None:
        nonlocal asked
        answer: Any = table.meta.client.batch_get_item(RequestItems=asked)
        present.extend(answer["Responses"].get(table.name, []))
        asked = answer.get("UnprocessedKeys")
        if asked:
            raise Unprocessed

    if asked:
        patiently(attempt, lambda error: isinstance(error, Unprocessed))
    return present


@contextmanager
def throttling_as_one() -> Iterator[None]:
    """Raise botocore's throttling errors as ``Throttled``. Calls of pydynox raise it themselves."""
    try:
        yield
    except Exception as error:
        if is_throttling(error):
            raise Throttled(_code(error)) from error
        raise


def is_throttling(error: Exception) -> bool:
    """Return whether an error of botocore is a throttled request."""
    return _code(error) in THROTTLING_CODES


def _code(error: Exception) -> str | None:
    response: Any = getattr(error, "response", None)
    return response.get("Error", {}).get("Code") if isinstance(response, dict) else None


TOMBSTONE_SECONDS: Final = 90 * 24 * 3600
"""The time for which the record of a gone aggregate is stored.

It outlives every message that could bring the aggregate back. SQS deletes a message 14 days after it was sent, dead
letters included. A redrive sends it anew: 28 days. The rest is for events that wait before they are published.
"""

COPIED: Final = "copied"
"""The attribute with the declared fields of another context's aggregate, as a JSON object."""

_NEWER: Final = "attribute_not_exists(#order) OR #order < :order"


def key_of(aggregate: str, subject: str) -> str:
    """Return the key of the item of another context's aggregate: ``order_line`` and ``7`` give ``ORDER_LINE#7``."""
    return f"{aggregate.upper()}#{subject}"


def fields_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the copied fields of an item of another context's aggregate, as JSON values."""
    return json.loads(str(item.get(COPIED, "{}")))


class ProjectionTable:
    """The items by ``key_of``. An item without an order is older than any event."""

    def __init__(self, table: "Table", clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def apply(self, event: ForeignEvent) -> bool:
        """Store an event if it is newer than the stored event of its subject; return whether it was."""
        is_newer, _ = conditionally(
            self._table.put_item,
            Item=self._item(event),
            ConditionExpression=_NEWER,
            # ORDER is a reserved word of DynamoDB.
            ExpressionAttributeNames={"#order": "order"},
            ExpressionAttributeValues={":order": event.order},
        )
        return is_newer

    def _item(self, event: ForeignEvent) -> dict[str, str | int]:
        item: dict[str, str | int] = {
            KEY: key_of(event.aggregate, event.subject),
            "status": event.standing.value,
            "order": event.order,
            "event_id": event.event_id,
            "event_type": event.event_type,
            "source": event.source,
        }
        if event.copied is not None:
            item[COPIED] = event.copied
        is_deleted = event.standing is Standing.GONE
        return item | {"expires_at": int(self._clock()) + TOMBSTONE_SECONDS} if is_deleted else item
