"""Conditional writes of restored items to the live table."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from bounded_context.adapters.conditional import condition_failed, despite_conflicts
from bounded_context.adapters.dynamodb import ABSENT
from bounded_context.adapters.items import ETAG, KEY, TRACEPARENT

from .differences import Difference
from .tables import Item, as_stored

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_STATE: Final = ("version", ETAG, "status")
"""The attributes by which a write detects a later write of a command or of a list's step."""


@dataclass(frozen=True)
class Writes:
    """The writes of a restore. `traceparent` is the place of their events in a trace."""

    client: "DynamoDBClient"
    table: str
    traceparent: str

    def write(self, difference: Difference) -> bool:
        """Write a difference; return False if another writer has changed the live item since it was read.

        A changed aggregate gets the next version and another etag, so no version or tag has two contents.
        """
        live, restored = difference.live, difference.restored
        condition: dict[str, Any] = {"ConditionExpression": ABSENT} if live is None else _unchanged(live)
        try:
            if restored is None:
                key = {KEY: {"S": difference.key}}
                despite_conflicts(lambda: self.client.delete_item(TableName=self.table, Key=key, **condition))
            else:
                item = as_stored(restored if difference.is_list else self._next(restored, live))
                despite_conflicts(lambda: self.client.put_item(TableName=self.table, Item=item, **condition))
        except ClientError as error:
            if condition_failed(error):
                return False
            raise
        return True

    def _next(self, restored: Item, live: Item | None) -> Item:
        name = secrets.token_hex(8)
        if live is None:
            return {**restored, ETAG: name, TRACEPARENT: self.traceparent}
        version = max(int(item.get("version", 0)) for item in (live, restored)) + 1
        return {**restored, "version": version, ETAG: f"{_incarnation(live)}.{name}", TRACEPARENT: self.traceparent}


def _incarnation(item: Item) -> str:
    """Return the name of an item's incarnation, as `Aggregate.incarnation` does."""
    return str(item.get(ETAG) or item.get("list_id") or "").partition(".")[0]


def _unchanged(live: Item) -> dict[str, Any]:
    """Return the condition that an item has the state that was read."""
    names = {f"#{name}": name for name in _STATE}
    stored = as_stored({name: live[name] for name in _STATE if name in live})
    terms = [f"#{name} = :{name}" if name in stored else f"attribute_not_exists(#{name})" for name in _STATE]
    values = {f":{name}": value for name, value in stored.items()}
    condition = {"ConditionExpression": " AND ".join(terms), "ExpressionAttributeNames": names}
    return condition | ({"ExpressionAttributeValues": values} if values else {})
