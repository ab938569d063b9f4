"""The projection of subscriptions in the table, kept from another context's events."""

from collections.abc import Collection
from typing import Final

from pydynox import DynamoDBClient

from ..domain.projection import Standing
from ..domain.references import REFERENCE
from .dynamodb_bulk import existing

REFERRED: Final = f"{REFERENCE.removesuffix('_id').upper()}#"
"""What the keys of its items start with."""


class ReferenceTable:
    """What the aggregates refer to, by identity."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def known(self, identities: Collection[str]) -> set[str]:
        """Return those that exist; what is recorded as gone does not."""
        found = existing(self._client, self._table, REFERRED, identities)
        return {identity for identity, item in found.items() if item.get("status") != Standing.GONE}
