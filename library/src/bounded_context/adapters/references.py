"""The projection of other contexts' things in the table, kept from their events."""

from collections.abc import Collection

from pydynox import DynamoDBClient

from ..domain.projection import Standing
from .dynamodb_bulk import existing
from .projection import key_of


class ReferenceTable:
    """The things of one kind (in snake_case) that aggregates may refer to, by identity."""

    def __init__(self, thing: str, client: DynamoDBClient, table_name: str) -> None:
        self._prefix = key_of(thing, "")
        self._client = client
        self._table = table_name

    def known(self, identities: Collection[str]) -> set[str]:
        """Return those that exist; what is recorded as gone does not."""
        found = existing(self._client, self._table, self._prefix, identities)
        return {identity for identity, item in found.items() if item.get("status") != Standing.GONE}
