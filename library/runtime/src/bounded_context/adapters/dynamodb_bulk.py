"""Aggregates in the table by the hundred. Reads and deletions use pydynox, whose Rust core saves CPU time.

New aggregates are inserted, not put: a put would silently replace another list's row. They are deleted in transactions
with a condition each, which take 100 writes (AWS limit) and cost twice the write units; few lists are undone.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from pydynox import DynamoDBClient
from pydynox.exceptions import ProvisionedThroughputExceededException, TransactionCanceledException

from ..application.ports import AlreadyTaken
from ..domain.projection import Standing
from .dynamodb_inserts import Inserts
from .items import KEY, TRACEPARENT, Items
from .projection import key_of
from .retries import patiently

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
        found = _of_others(self._existing(identities, consistent=False), list_id)
        return _of_others(self._existing(found), list_id)

    def _existing(self, identities: Collection[str], *, consistent: bool = True) -> dict[str, Mapping[str, Any]]:
        return existing(self._client, self._table, self._items.prefix, identities, consistent=consistent)

    @property
    def unanswered(self) -> int:
        """The time of the last write without an answer, in seconds since 1970, or 0. It may still take effect."""
        return self._inserts.unanswered

    def import_rows(self, list_id: str, rows: Sequence[Mapping[str, Any]], traceparent: str | None = None) -> None:
        """Create an aggregate for each row; aggregates that this list created stay.

        Each item stores the list's ``traceparent``, if any, for the event that the stream makes of it.

        Raises:
            AlreadyTaken: an identity exists and is not this list's; other rows may be written.
            Throttled: the table throttled too many tries, or the function's time is nearly over.
        """
        items = [self._items.from_values(row, self._first, 1, list_id) for row in rows]
        if traceparent is not None:
            for item in items:
                item[TRACEPARENT] = traceparent
        while items:
            refused = self._inserts.insert(items)
            items = self._absent(list_id, [items[index] for index in refused])

    def _absent(self, list_id: str, refused: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the refused items whose key is free again, because the existing item is gone.

        Raises:
            AlreadyTaken: an item exists that is not this list's.
        """
        found = self._existing([item[self._items.identity] for item in refused]) if refused else {}
        if others := _of_others(found, list_id):
            raise AlreadyTaken(sorted(others))
        return [item for item in refused if item[self._items.identity] not in found]

    def undo_rows(self, list_id: str, identities: Sequence[str]) -> None:
        """Delete all aggregates of the given identities that this list created, and keep the others."""
        for chunk in _hundreds(identities):
            left = list(chunk)
            # A transaction writes all items or no item: it is repeated without the items that are not this list's.
            while left and (others := set(self._write([self._delete(list_id, identity) for identity in left]))):
                left = [identity for index, identity in enumerate(left) if index not in others]

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
    client: DynamoDBClient, table: str, prefix: str, identities: Collection[str], *, consistent: bool
) -> dict[str, Mapping[str, Any]]:
    """Return the items that exist, by identity: the key without its prefix. They have a key, a status and a list's id.

    Throttled reads are retried, a hundred keys at a time (AWS limit of BatchGetItem).
    """
    keys = [{KEY: prefix + identity} for identity in identities]
    reads = (partial(_read, client, table, hundred, consistent=consistent) for hundred in _hundreds(keys))
    found = [item for read in reads for item in patiently(read, _passes)]
    return {item[KEY].removeprefix(prefix): item for item in found}


def _read(
    client: DynamoDBClient, table: str, keys: Sequence[dict[str, Any]], *, consistent: bool
) -> list[dict[str, Any]]:
    return client.sync_batch_get(table, list(keys), consistent_read=consistent, projection=[KEY, "list_id", "status"])


def _of_others(found: Mapping[str, Mapping[str, Any]], list_id: str) -> set[str]:
    return {identity for identity, item in found.items() if item.get("list_id") != list_id}


def _reasons(error: Exception) -> list[str]:
    # DynamoDB lists a reason per operation at the end of its message, "None" for an operation without a fault.
    listed = _REASONS.search(str(error))
    return [reason.strip() for reason in listed.group(1).split(",")] if listed else []


def _passes(error: Exception) -> bool:
    throttled = isinstance(error, ProvisionedThroughputExceededException) or _UNPROCESSED in str(error)
    return throttled or bool(_PASSING & set(_reasons(error)))


def _conflicts(error: Exception) -> list[int]:
    reasons = _reasons(error)
    if set(reasons) - {"None"} != {_CONDITION_FAILED}:
        raise error
    return [index for index, reason in enumerate(reasons) if reason == _CONDITION_FAILED]


def _hundreds(found: Sequence[T]) -> Iterator[Sequence[T]]:
    return (found[start : start + _AT_ONCE] for start in range(0, len(found), _AT_ONCE))


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
        known = self._known(identities, consistent=False)
        return known | self._known(set(identities) - known, consistent=True)

    def _known(self, identities: Collection[str], *, consistent: bool) -> set[str]:
        found = existing(self._client, self._table, self._prefix, identities, consistent=consistent)
        return {identity for identity, item in found.items() if item.get("status") != Standing.GONE}
