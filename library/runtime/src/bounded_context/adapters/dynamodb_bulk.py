"""Aggregates in the table by the hundred: reads and deletions by pydynox, and inserts by PartiQL.

New aggregates are inserted, not put: a put would silently replace another list's row. They are deleted in transactions
with a condition each, which take 100 writes (AWS limit) and cost twice the write units; few lists are undone.

A transaction with conditions refuses it too, and costs two units an item; a batch of puts overwrites the existing item.

The statements bypass botocore's client, which validates each value of an item against DynamoDB's model. With the
client, the import would take half as long again (CPU time, `benchmarks/import_path.py`).
"""

import json
import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache, partial
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any, Final, TypeVar

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError
from pydynox import DynamoDBClient
from pydynox.exceptions import ProvisionedThroughputExceededException, TransactionCanceledException

from ..application.ports import AlreadyTaken
from ..domain.events import Standing
from ..domain.fields import now
from .conditional import COPIED, fields_of, key_of, patiently
from .items import KEY, TRACEPARENT, Items
from .systems import Signed, Unanswered

AT_ONCE: Final = 25
"""The maximum statements of a batch (DynamoDB API reference, BatchExecuteStatement)."""

_serialize: Final = TypeSerializer().serialize
_OPERATION: Final = "BatchExecuteStatement"
_HEADERS: Final = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{_OPERATION}"}
_TAKEN: Final = "DuplicateItem"
_INSERTS_PASSING: Final = frozenset(
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
        pending, conflicts = dict(enumerate(items)), list[int]()

        def attempt() -> None:
            for number, error in zip(list(pending), self._errors(pending.values()), strict=True):
                if error not in _INSERTS_PASSING:
                    del pending[number]
                if error == _TAKEN:
                    conflicts.append(number)
            if pending:
                raise TurnedAway

        patiently(attempt, lambda error: isinstance(error, (TurnedAway, Unanswered)))
        return sorted(conflicts)

    def _errors(self, items: Collection[Mapping[str, Any]]) -> Iterator[str | None]:
        """Send items, and yield the code of each item's error, or None. Raises ClientError for an unexpected error."""
        answer = self._send([self._statement(item) for item in items])
        for response in answer["Responses"]:
            error = response.get("Error")
            if error and error["Code"] not in (_TAKEN, *_INSERTS_PASSING):
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
    if status >= 500 or code.removesuffix("Exception") in _INSERTS_PASSING:
        return TurnedAway(code)
    return ClientError(
        {"Error": {"Code": code, "Message": str(document.get("message", document.get("Message", "")))}}, _OPERATION
    )


T = TypeVar("T")

_AT_ONCE = 100
"""Deletions of a transaction, and keys of a batch that is read (AWS limits)."""
_REASONS = re.compile(r"\[([^\]]*)\]\s*$")
_CONDITION_FAILED = "ConditionalCheckFailed"
_PASSING = {"ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict"}
_UNPROCESSED = "Failed to get "
"""The beginning of pydynox's message after it exhausted its retries of unprocessed keys, for which it has no error
class."""


class ImportedAggregateTable:
    """The aggregates that lists create, in status ``first``.

    Every write can be repeated and changes no other list's aggregates.
    """

    def __init__(
        self, items: Items[Any], first: StrEnum, client: DynamoDBClient, inserts: Inserts, table_name: str
    ) -> None:
        self._items = items
        self._first = first
        self._client = client
        self._inserts = inserts
        self._table = table_name

    def taken(self, identities: Collection[str], list_id: str) -> set[str]:
        """Return the identities that exist and were not imported by this list.

        The first read is eventually consistent, at half the read units: an identity that it misses is refused by the
        insert. A consistent read confirms the others.
        """
        candidates = _of_others(self._existing(identities, consistent=False), list_id)
        return _of_others(self._existing(candidates), list_id)

    def _existing(self, identities: Collection[str], *, consistent: bool = True) -> dict[str, Mapping[str, Any]]:
        return existing(self._client, self._table, self._items.prefix, identities, consistent=consistent)

    @property
    def unanswered(self) -> int:
        """The time of the last write without an answer, in seconds since 1970, or 0. It may still take effect."""
        return self._inserts.unanswered

    def import_rows(self, list_id: str, rows: Sequence[Mapping[str, Any]], traceparent: str | None = None) -> None:
        """Create an aggregate for each row; aggregates that this list created stay.

        Each item stores the time, and the list's ``traceparent``, if any, for the event that the stream makes of it.

        Raises:
            AlreadyTaken: an identity exists and is not this list's; other rows may be written.
            Throttled: the table throttled too many tries, or the function's time is nearly over.
        """
        items = [self._items.from_values(row, self._first, 1, list_id) for row in rows]
        metadata = self._items.times(now(), created=True) | ({} if traceparent is None else {TRACEPARENT: traceparent})
        for item in items:
            item.update(metadata)
        while items:
            refused = self._inserts.insert(items)
            items = self._absent(list_id, [items[index] for index in refused])

    def _absent(self, list_id: str, refused: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the refused items whose key is free again, because the existing item is gone.

        Raises:
            AlreadyTaken: an item exists that is not this list's.
        """
        items = self._existing([item[self._items.identity] for item in refused]) if refused else {}
        if conflicts := _of_others(items, list_id):
            raise AlreadyTaken(sorted(conflicts))
        return [item for item in refused if item[self._items.identity] not in items]

    def undo_rows(self, list_id: str, identities: Sequence[str]) -> None:
        """Delete all aggregates of the given identities that this list created, and keep the others."""
        for chunk in _hundreds(identities):
            remaining = list(chunk)
            # A transaction writes all items or no item: it is repeated without the items that are not this list's.
            while remaining and (
                refused := set(self._write([self._delete(list_id, identity) for identity in remaining]))
            ):
                remaining = [identity for index, identity in enumerate(remaining) if index not in refused]

    def _delete(self, list_id: str, identity: str) -> dict[str, Any]:
        return {
            "type": "delete",
            "table": self._table,
            "key": self._items.key(identity),
            "condition_expression": f"attribute_not_exists({KEY}) OR list_id = :list_id",
            "expression_attribute_values": {":list_id": list_id},
        }

    def _write(self, operations: list[dict[str, Any]]) -> list[int]:
        """Return the indexes of the operations whose condition failed. If there are any, no operation was executed."""
        try:
            patiently(lambda: self._client.sync_transact_write(operations), _passes)
        except TransactionCanceledException as error:
            return _conflicts(error)
        return []


def existing(
    client: DynamoDBClient,
    table: str,
    prefix: str,
    identities: Collection[str],
    *,
    consistent: bool,
    further: Sequence[str] = (),
) -> dict[str, Mapping[str, Any]]:
    """Return the items that exist, by identity: the key without its prefix. They have a key, a status and a list's id.

    ``further`` names further attributes.
    Throttled reads are retried, a hundred keys at a time (AWS limit of BatchGetItem).
    """
    keys = [{KEY: prefix + identity} for identity in identities]
    names = [KEY, "list_id", "status", *further]
    reads = (partial(_read, client, table, hundred, names, consistent=consistent) for hundred in _hundreds(keys))
    items = [item for read in reads for item in patiently(read, _passes)]
    return {item[KEY].removeprefix(prefix): item for item in items}


def _read(
    client: DynamoDBClient, table: str, keys: Sequence[dict[str, Any]], names: Sequence[str], *, consistent: bool
) -> list[dict[str, Any]]:
    return client.sync_batch_get(table, list(keys), consistent_read=consistent, projection=list(names))


def _of_others(items: Mapping[str, Mapping[str, Any]], list_id: str) -> set[str]:
    return {identity for identity, item in items.items() if item.get("list_id") != list_id}


def _reasons(error: Exception) -> list[str]:
    # DynamoDB lists a reason per operation at the end of its message, "None" for an operation without a fault.
    match = _REASONS.search(str(error))
    return [reason.strip() for reason in match.group(1).split(",")] if match else []


def _passes(error: Exception) -> bool:
    throttled = isinstance(error, ProvisionedThroughputExceededException) or _UNPROCESSED in str(error)
    return throttled or bool(_PASSING & set(_reasons(error)))


def _conflicts(error: Exception) -> list[int]:
    reasons = _reasons(error)
    if set(reasons) - {"None"} != {_CONDITION_FAILED}:
        raise error
    return [index for index, reason in enumerate(reasons) if reason == _CONDITION_FAILED]


def _hundreds(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))


class ReferenceTable:
    """The aggregates of a kind (in snake_case) that rows may refer to, by identity."""

    def __init__(self, aggregate: str, client: DynamoDBClient, table_name: str) -> None:
        self._prefix = key_of(aggregate, "")
        self._client = client
        self._table = table_name

    def known(self, identities: Collection[str]) -> set[str]:
        """Return the identities that exist; an aggregate that is recorded as gone does not exist.

        An eventually consistent read, at half the read units, may miss an identity: a consistent read confirms that it
        is unknown.
        """
        existing_ids = self._existing(identities, consistent=False)
        return existing_ids | self._existing(set(identities) - existing_ids, consistent=True)

    def copies(self, identities: Collection[str]) -> dict[str, dict[str, Any]]:
        """Return the copied fields of the identities that exist, as JSON values."""
        items = existing(self._client, self._table, self._prefix, identities, consistent=True, further=[COPIED])
        known = ((identity, item) for identity, item in items.items() if item.get("status") != Standing.GONE)
        return {identity: fields_of(item) for identity, item in known}

    def _existing(self, identities: Collection[str], *, consistent: bool) -> set[str]:
        items = existing(self._client, self._table, self._prefix, identities, consistent=consistent)
        return {identity for identity, item in items.items() if item.get("status") != Standing.GONE}
