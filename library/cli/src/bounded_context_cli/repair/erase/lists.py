"""The records of lists, read by their ids."""

from typing import TYPE_CHECKING

from bounded_context.adapters.items import KEY, LIST
from bounded_context.adapters.list_items import BROKEN_UPLOAD
from bounded_context.domain.lists import ListStatus, PinnedFile

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_FINAL = {ListStatus.IMPORTED, ListStatus.REJECTED, ListStatus.FAILED}


class Lists:
    """The lists of a table. A closed list stays closed; any other status is read again."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._closed: dict[str, str] = {}

    def status(self, list_id: str) -> str | None:
        """Return the status of a list, or None if it is not recorded."""
        if list_id in self._closed:
            return self._closed[list_id]
        status = self._item(LIST + list_id).get("status", {}).get("S")
        if status and status in _FINAL:
            self._closed[list_id] = status
        return status

    def open(self, list_id: str) -> str:
        """Return the reason to wait for a list whose steps may still use its files and rows, or an empty text."""
        if self.status(list_id) in (None, *_FINAL):
            return ""
        return f"list {list_id} is not closed: run the command again when it is"

    def is_broken(self, file: PinnedFile, etag: str) -> bool:
        """Return whether a version is the rest of an upload that broke off."""
        broken = file.broken_off(etag).list_id
        return any(self._item(kind + broken) for kind in (LIST, BROKEN_UPLOAD))

    def _item(self, key: str) -> "dict[str, AttributeValueTypeDef]":
        found = self._client.get_item(TableName=self._table, Key={KEY: {"S": key}}, ConsistentRead=True)
        return found.get("Item", {})
