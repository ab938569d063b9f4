"""The table and its second tables: the aggregate's item, the stored answers of commands, and the lists' records."""

import secrets
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from bounded_context.adapters.items import ERASED_AT, ETAG, KEY, TRACEPARENT
from bounded_context.declaration.context import OWN_FIELDS
from bounded_context.domain.events import fresh_traceparent

from ...command.aws_errors import code
from ...command.operation import Clock
from .inbox import Lists
from .person import Person
from .stores import OUTSIDE, Place, reported

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
"""An item with DynamoDB's types."""

_CHANGED: Final = ("ConditionalCheckFailedException", "TransactionConflictException")
_ATTEMPTS: Final = 20
"""The writes against concurrent commands on the same aggregate. Each of them changes the item at most once."""

_STATE: Final = ("version", ETAG, "list_id")
"""The attributes of which one differs between any two states of an item (`bounded_context.adapters.dynamodb`)."""


@dataclass(frozen=True)
class TableStore:
    """The table. `known` are the fields that the model in this repository knows; `keep` keeps the aggregate."""

    client: "DynamoDBClient"
    name: str
    lists: Lists
    person: Person
    clock: Clock
    key: str
    known: frozenset[str]
    keep: bool
    store: str = "table"

    @property
    def names(self) -> tuple[str]:
        """The name of the store in the report."""
        return (self.store,)

    def search(self) -> Generator[Place, None, None]:
        """Yield the aggregate's item, each stored answer and list's record that quotes its data, and others' items."""
        item = self._item()
        if item and not (self.keep and self._is_erased(item)):
            yield Place(self.store, self.key, self._erase, self._obstacle(item))
        for other in self._others():
            key, masked = other[KEY]["S"], self.person.masked(other)
            changed = [name for name, value in other.items() if masked.get(name) != value]
            if len(changed) == 1:
                yield Place(self.store, key, partial(self._mask_quotes, other, masked, *changed))
            if len(changed) > 1 or self.person.is_outside(masked):
                yield reported(self.store, key, OUTSIDE)

    def _item(self) -> Item | None:
        return self.client.get_item(TableName=self.name, Key={KEY: {"S": self.key}}, ConsistentRead=True).get("Item")

    def _is_erased(self, item: Item) -> bool:
        return ERASED_AT in item and self.person.masked(item) == item

    def _obstacle(self, item: Item) -> str:
        if unknown := sorted(item.keys() - self.known - OWN_FIELDS):
            fields = ", ".join(unknown)
            return f"the model in this repository has no {fields}: check out the version that is deployed"
        return self.lists.open(item["list_id"]["S"]) if "list_id" in item else ""

    def _erase(self) -> None:
        """Mask the item, then delete it. A concurrent change or a lost answer only repeats a step."""
        for _ in range(_ATTEMPTS):
            item = self._item()
            if item is None or (self.keep and self._is_erased(item)) or self._obstacle(item):
                return
            try:
                if self._is_erased(item):
                    return self._delete(item)
                self._mask(item)
            except ClientError as error:
                if code(error) not in _CHANGED:
                    raise

    def _mask(self, item: Item) -> None:
        incarnation = item.get(ETAG, item.get("list_id", {"S": ""}))["S"].partition(".")[0]
        changed = {
            "version": {"N": str(int(item["version"]["N"]) + 1)},
            ETAG: {"S": f"{incarnation}.{secrets.token_hex(8)}"},
            ERASED_AT: item.get(ERASED_AT, {"S": self.clock.now().isoformat()}),
            TRACEPARENT: {"S": fresh_traceparent()},
        }
        self.client.put_item(TableName=self.name, Item=self.person.masked(item) | changed, **_unchanged(item))

    def _delete(self, item: Item) -> None:
        self.client.delete_item(TableName=self.name, Key={KEY: item[KEY]}, **_unchanged(item))

    def _others(self) -> Iterator[Item]:
        """Yield all other items. No filter of DynamoDB finds a text in attributes whose names are unknown."""
        pages: Any = self.client.get_paginator("scan").paginate(TableName=self.name, ConsistentRead=True)
        return (item for page in pages for item in page["Items"] if item[KEY]["S"] != self.key)

    def _mask_quotes(self, item: Item, masked: Item, name: str) -> None:
        """Mask the only attribute that quotes, unless another caller has changed it."""
        try:
            self.client.update_item(
                TableName=self.name,
                Key={KEY: item[KEY]},
                UpdateExpression="SET #name = :masked",
                ConditionExpression="#name = :value",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":masked": masked[name], ":value": item[name]},
            )
        except ClientError as error:
            if code(error) not in _CHANGED:
                raise


@dataclass(frozen=True)
class SecondTable(TableStore):
    """The second table of a restore, or the table of another epoch. No step and no reader uses its items."""

    def _obstacle(self, item: Item) -> str:
        """Return the reason to wait: `keep` needs the item's model."""
        return super()._obstacle(item) if self.keep else ""


def _unchanged(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the condition that the item is still as it was read."""
    terms = [f"{name} = :{name}" if name in item else f"attribute_not_exists({name})" for name in _STATE]
    values = {f":{name}": item[name] for name in _STATE if name in item}
    return {"ConditionExpression": " AND ".join(terms), "ExpressionAttributeValues": values}
