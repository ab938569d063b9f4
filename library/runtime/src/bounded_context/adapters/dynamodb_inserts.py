"""Inserts of new items by 25, at one write unit each: each statement of PartiQL's INSERT refuses an existing key.

A transaction with conditions refuses it too, and costs two units an item; a batch of puts overwrites the existing item.

The statements bypass botocore's client, which validates each value of an item against DynamoDB's model. With the
client, the import would take half as long again (CPU time, `benchmarks/import_path.py`).
"""

import json
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any, Final

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError

from .retries import patiently
from .signed import Signed, Unanswered

AT_ONCE: Final = 25
"""The maximum statements of a batch (DynamoDB API reference, BatchExecuteStatement)."""

UNITS: Final = 1
"""The write units of a new item of up to 1 KB. Each index that contains the item costs as many more."""

_serialize: Final = TypeSerializer().serialize
_OPERATION: Final = "BatchExecuteStatement"
_HEADERS: Final = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{_OPERATION}"}
_TAKEN: Final = "DuplicateItem"
_PASSING: Final = frozenset(
    (
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingError",
        "TransactionConflict",
    )
)
"""The transient errors of a statement, or of the whole batch, whose codes have `Exception` at their end."""


class TurnedAway(Exception):
    """DynamoDB throttled some statements, or had a transient error."""


class Inserts:
    """The writer of new items of a table.

    Args:
        table: the name of the table.
        dynamodb: sends to DynamoDB with permission for `dynamodb:PartiQLInsert`.

    Attributes:
        unanswered: the time of the last request without an answer, in seconds since 1970. It may still take effect.
    """

    def __init__(self, table: str, dynamodb: Signed) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self.unanswered = 0

    def insert(self, items: Sequence[Mapping[str, Any]]) -> list[int]:
        """Write the items whose key is free; return the indexes of the others.

        Raises:
            ClientError: DynamoDB refused the batch, or a statement, for another reason.
            Throttled: each of eight tries had transient errors, or the function's time is nearly over.
        """
        batches = range(0, len(items), AT_ONCE)
        return [start + number for start in batches for number in self._batch(items[start : start + AT_ONCE])]

    def _batch(self, items: Sequence[Mapping[str, Any]]) -> list[int]:
        left, taken = dict(enumerate(items)), list[int]()

        def attempt() -> None:
            for number, error in zip(list(left), self._errors(left.values()), strict=True):
                if error not in _PASSING:
                    del left[number]
                if error == _TAKEN:
                    taken.append(number)
            if left:
                raise TurnedAway

        patiently(attempt, _passes)
        return sorted(taken)

    def _errors(self, items: Collection[Mapping[str, Any]]) -> Iterator[str | None]:
        """Send items, and yield the code of each item's error, or None. Raises ClientError for an unexpected error."""
        answer = self._send([self._statement(item) for item in items])
        for response in answer["Responses"]:
            error = response.get("Error")
            if error and error["Code"] not in (_TAKEN, *_PASSING):
                raise ClientError({"Error": error}, _OPERATION)
            yield error and error["Code"]

    def _statement(self, item: Mapping[str, Any]) -> str:
        """Return the statement and its parameters as JSON text: a dictionary per value takes twice the time."""
        values = [f'{{"S":{_quoted(value)}}}' if type(value) is str else _typed(value) for value in item.values()]
        return f'{{"Statement":{_insert(self._table, tuple(item))},"Parameters":[{",".join(values)}]}}'

    def _send(self, statements: list[str]) -> Any:
        """Send a batch, and return the answer. Raises ClientError, TurnedAway, Unanswered."""
        try:
            status, answer = self._dynamodb.post(_HEADERS, f'{{"Statements":[{",".join(statements)}]}}'.encode())
        except Unanswered:
            self.unanswered = int(time.time()) + 1
            raise
        if status == 200:
            return json.loads(answer)
        raise _refused(status, answer)


@lru_cache(maxsize=1024)  # Rows that lack optional values have statements of their own.
def _insert(table: str, names: tuple[str, ...]) -> str:
    """Return the statement for an item with these attributes, as JSON: its values are parameters, in their order."""
    values = ", ".join(f"'{name}': ?" for name in names)
    return json.dumps(f'INSERT INTO "{table}" VALUE {{{values}}}')


def _typed(value: Any) -> str:
    if type(value) is int:
        return f'{{"N":"{value}"}}'
    return json.dumps(_serialize(value))


def _refused(status: int, content: bytes) -> Exception:
    try:
        document = json.loads(content)
    except ValueError:
        document = {}
    code = str(document.get("__type", status)).rpartition("#")[2]
    if status >= 500 or code.removesuffix("Exception") in _PASSING:
        return TurnedAway(code)
    return ClientError(
        {"Error": {"Code": code, "Message": str(document.get("message", document.get("Message", "")))}}, _OPERATION
    )


def _passes(error: Exception) -> bool:
    return isinstance(error, (TurnedAway, Unanswered))
