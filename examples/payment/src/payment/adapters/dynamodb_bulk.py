"""Aggregates in the table by the hundred, through pydynox: its Rust core spends a fifth of boto3's CPU time a row.

A row is written in a transaction with a condition, not in a batch: a batch would silently replace another list's row.
A transaction takes 100 writes (AWS limit) and costs twice the write units; that is the price of never overwriting.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydynox import DynamoDBClient
from pydynox.exceptions import TransactionCanceledException

from ..application.ports import AlreadyTaken
from ..domain.events import FIRST
from ..domain.model import ID
from . import items
from .items import KEY

T = TypeVar("T")

_TRANSACTION_WRITES = 100
_OWN_OR_ABSENT = f"attribute_not_exists({KEY}) OR list_id = :list_id"
_REASONS = re.compile(r"\[([^\]]*)\]\s*$")
_CONDITION_FAILED = "ConditionalCheckFailed"


class ImportedPaymentTable:
    """The aggregates that lists bring. Every write can be repeated and touches no other list's."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def taken(self, identities: Collection[str], list_id: str) -> set[str]:
        """Return those identities that exist and did not come with this list."""
        found = _existing(self._client, self._table, items.PAYMENT, identities)
        return {identity for identity, item in found.items() if item.get("list_id") != list_id}

    def import_rows(self, list_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Create one aggregate a row.

        Raises:
            AlreadyTaken: an identity exists and is not this list's; rows before it may be written.
        """
        for chunk in _hundreds(rows):
            conflicts = self._write([self._put(list_id, row) for row in chunk])
            if conflicts:
                raise AlreadyTaken([chunk[index][ID] for index in conflicts])

    def undo_rows(self, list_id: str, identities: Sequence[str]) -> None:
        """Remove those that came with this list and leave the others."""
        for chunk in _hundreds(identities):
            others = set(self._write([self._delete(list_id, identity) for identity in chunk]))
            own = [identity for index, identity in enumerate(chunk) if index not in others]
            if others and own:
                self._write([self._delete(list_id, identity) for identity in own])

    def _put(self, list_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
        return self._operation("put", list_id) | {"item": items.from_values(row, FIRST, 1, list_id)}

    def _delete(self, list_id: str, identity: str) -> dict[str, Any]:
        return self._operation("delete", list_id) | {"key": {KEY: items.PAYMENT + identity}}

    def _operation(self, kind: str, list_id: str) -> dict[str, Any]:
        return {
            "type": kind,
            "table": self._table,
            "condition_expression": _OWN_OR_ABSENT,
            "expression_attribute_values": {":list_id": list_id},
        }

    def _write(self, operations: list[dict[str, Any]]) -> list[int]:
        try:
            self._client.sync_transact_write(operations)
        except TransactionCanceledException as error:
            return _conflicts(error)
        return []


class ReferenceTable:
    """The projection of what the aggregates refer to, kept from another context's events."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def known(self, identities: Collection[str]) -> set[str]:
        """Return those that exist."""
        return set(_existing(self._client, self._table, items.REFERRED, identities))


def _existing(
    client: DynamoDBClient, table: str, prefix: str, identities: Collection[str]
) -> dict[str, Mapping[str, Any]]:
    if not identities:
        return {}
    keys = [{KEY: prefix + identity} for identity in identities]
    found = client.sync_batch_get(table, keys, consistent_read=True, projection=[KEY, "list_id"])
    return {item[KEY].removeprefix(prefix): item for item in found}


def _conflicts(error: TransactionCanceledException) -> list[int]:
    # DynamoDB lists a reason per operation in its message; other reasons (throttling, a conflicting transaction) pass
    # by themselves, so the error goes up and the step is tried again.
    listed = _REASONS.search(str(error))
    reasons = [reason.strip() for reason in listed.group(1).split(",")] if listed else []
    conflicts = [index for index, reason in enumerate(reasons) if reason == _CONDITION_FAILED]
    if not conflicts or set(reasons) - {_CONDITION_FAILED, "None"}:
        raise error
    return conflicts


def _hundreds(found: Sequence[T]) -> Iterator[Sequence[T]]:
    return (found[start : start + _TRANSACTION_WRITES] for start in range(0, len(found), _TRANSACTION_WRITES))
