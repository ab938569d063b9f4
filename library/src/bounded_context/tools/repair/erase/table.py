"""The table: the aggregate's item, the stored answers of commands, and the lists' records."""

import secrets
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from ....adapters.items import ERASED_AT, ETAG, KEY, TRACEPARENT
from ....declaration.contradictions import OWN_FIELDS
from ....domain.trace_context import fresh_traceparent
from ...command.aws_errors import code
from ...command.clock import Clock
from .lists import Lists
from .person import Person
from .place import Place

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
class Table:
    """The table. `known` are the fields that the model in this repository knows; `keep` keeps the aggregate."""

    client: "DynamoDBClient"
    name: str
    lists: Lists
    person: Person
    clock: Clock
    key: str
    known: frozenset[str]
    keep: bool

    names = ("table",)

    def search(self) -> Generator[Place, None, None]:
        """Yield the aggregate's item, and each stored answer and list's record that quotes its data."""
        item = self._item()
        if item and not (self.keep and self._is_erased(item)):
            yield Place("table", self.key, self._erase, self._obstacle(item))
        for quoting in self._quoting():
            yield Place("table", quoting[KEY]["S"], partial(self._mask_quotes, quoting))

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

    def _quoting(self) -> Iterator[Item]:
        """Yield the stored answers of commands, and the lists' records, that quote the person's data."""
        pages: Any = self.client.get_paginator("scan").paginate(
            TableName=self.name,
            ConsistentRead=True,
            FilterExpression="contains(#data, :id) OR contains(#reason, :id)",
            ExpressionAttributeNames={"#data": "data", "#reason": "reason"},
            ExpressionAttributeValues={":id": {"S": self.person.id}},
        )
        items = (item for page in pages for item in page["Items"])
        return (item for item in items if item[KEY]["S"] != self.key and self.person.masked(item) != item)

    def _mask_quotes(self, item: Item) -> None:
        """Mask the only attribute that quotes, unless another caller has changed it."""
        [name] = (name for name, value in self.person.masked(item).items() if value != item[name])
        try:
            self.client.update_item(
                TableName=self.name,
                Key={KEY: item[KEY]},
                UpdateExpression="SET #name = :masked",
                ConditionExpression="#name = :value",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":masked": self.person.masked(item)[name], ":value": item[name]},
            )
        except ClientError as error:
            if code(error) not in _CHANGED:
                raise


def _unchanged(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the condition that the item is still as it was read."""
    terms = [f"{name} = :{name}" if name in item else f"attribute_not_exists({name})" for name in _STATE]
    values = {f":{name}": item[name] for name in _STATE if name in item}
    return {"ConditionExpression": " AND ".join(terms), "ExpressionAttributeValues": values}
