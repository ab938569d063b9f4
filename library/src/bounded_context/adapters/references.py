"""References to other contexts' aggregates, read from the projection in the table."""

from collections.abc import Collection

from pydynox import DynamoDBClient

from ..domain.projection import Standing
from .dynamodb_bulk import existing
from .projection import key_of


class ReferenceTable:
    """The aggregates of one kind (in snake_case) that rows may refer to, by identity."""

    def __init__(self, thing: str, client: DynamoDBClient, table_name: str) -> None:
        self._prefix = key_of(thing, "")
        self._client = client
        self._table = table_name

    def known(self, identities: Collection[str]) -> set[str]:
        """Return the identities that exist; an aggregate that is recorded as gone does not exist."""
        found = existing(self._client, self._table, self._prefix, identities)
        return {identity for identity, item in found.items() if item.get("status") != Standing.GONE}
