"""The context's table and its stream: queries of a run, and references that it writes for other contexts."""

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from boto3.dynamodb.types import TypeDeserializer

from bounded_context.declaration.context import Context
from bounded_context_cli.command.aws_errors import Calls

from .emulator.aws import Aws

Item = dict[str, Any]

_LIST_KEY: Final = "LIST#"
_WRITE_BATCH: Final = 25


class Table:
    """The table with list records, aggregates, and the projection of other contexts' aggregates."""

    def __init__(self, aws: Calls, name: str, context: Context[Any]) -> None:
        """Use the table `name`, with the keys of the context."""
        self.name = name
        self._aws = aws
        self._own = context.key_prefix
        self._others = tuple(map(_key_of, context.referenced_kinds))

    def list_item(self, list_id: str) -> Item:
        """Return a list's record. Raises KeyError if the record is missing."""
        if (record := self._item(f"{_LIST_KEY}{list_id}")) is None:
            raise KeyError(list_id)
        return record

    def lists(self) -> list[Item]:
        """Return the records of all lists."""
        return self._of_kind(_LIST_KEY)

    def item_of(self, identity: str) -> Item | None:
        """Return an aggregate's item; None if it is not in the table."""
        return self._item(f"{self._own}{identity}")

    def projected(self, aggregate: str, subject: str) -> Item | None:
        """Return the projection of another context's aggregate; None if it is not in the table."""
        return self._item(f"{_key_of(aggregate)}{subject}")

    def imported(self, list_id: str) -> int:
        """Count the aggregates in the table that a list imported, independently of the list's record."""
        return sum(page["Count"] for page in self._of_list(list_id, Select="COUNT"))

    def imported_items(self, list_id: str) -> list[Item]:
        """Return the items of the aggregates that a list imported."""
        return sorted(_plain_items(self._of_list(list_id)), key=lambda item: item["pk"])

    def references(self) -> list[Item]:
        """Return all items of the projection of other contexts' aggregates."""
        return [item for kind in self._others for item in self._of_kind(kind)]

    def know_references(self, identities: Iterable[str]) -> None:
        """Put missing references into the projection. Existing items stay, also items of deleted aggregates.

        The table is written directly: thousands of events would take most of a run's time.
        """
        references = list(identities)
        keys = [f"{kind}{identity}" for kind in self._others for identity in references]
        for start in range(0, len(keys), _WRITE_BATCH):
            self._put_missing(keys[start : start + _WRITE_BATCH])

    def _put_missing(self, keys: list[str]) -> None:
        query = {"Keys": [{"pk": {"S": key}} for key in keys], "ProjectionExpression": "pk"}
        responses = self._aws.call("dynamodb", "batch_get_item", RequestItems={self.name: query})["Responses"]
        missing = set(keys) - {item["pk"]["S"] for item in responses[self.name]}
        puts = [{"PutRequest": {"Item": {"pk": {"S": key}, "status": {"S": "ACTIVE"}}}} for key in sorted(missing)]
        if puts:
            self._aws.call("dynamodb", "batch_write_item", RequestItems={self.name: puts})

    def _item(self, key: str) -> Item | None:
        keys = {"pk": {"S": key}}
        item = self._aws.call("dynamodb", "get_item", TableName=self.name, Key=keys, ConsistentRead=True).get("Item")
        return item and _plain(item)

    def _of_kind(self, kind: str) -> list[Item]:
        return _plain_items(self._scan("begins_with(pk, :kind)", {":kind": {"S": kind}}))

    def _of_list(self, list_id: str, **more: object) -> Iterator[dict[str, Any]]:
        values = {":kind": {"S": self._own}, ":list_id": {"S": list_id}}
        return self._scan("begins_with(pk, :kind) AND list_id = :list_id", values, **more)

    def _scan(self, condition: str, values: Mapping[str, Any], **more: object) -> Iterator[dict[str, Any]]:
        expression = {"FilterExpression": condition, "ExpressionAttributeValues": values}
        pages = self._aws.client("dynamodb").get_paginator("scan")
        return iter(pages.paginate(TableName=self.name, ConsistentRead=True, **expression, **more))


def _key_of(aggregate: str) -> str:
    """Return the key prefix of another context's aggregates."""
    return f"{aggregate.upper()}#"


def _plain(item: Mapping[str, Any]) -> Item:
    """Return an item with Python values."""
    read = TypeDeserializer().deserialize
    return {name: read(value) for name, value in item.items()}


def _plain_items(pages: Iterable[Mapping[str, Any]]) -> list[Item]:
    return [_plain(item) for page in pages for item in page["Items"]]


def changes(aws: Aws, table: str) -> Iterator[dict[str, Any]]:
    """Yield the records of a table's stream, oldest first."""
    stream = aws.call("dynamodb", "describe_table", TableName=table)["Table"]["LatestStreamArn"]
    described = aws.call("dynamodbstreams", "describe_stream", StreamArn=stream)["StreamDescription"]
    for shard in described["Shards"]:
        place = {"StreamArn": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = aws.call("dynamodbstreams", "get_shard_iterator", **place)["ShardIterator"]
        while (page := aws.call("dynamodbstreams", "get_records", ShardIterator=iterator))["Records"]:
            yield from page["Records"]
            iterator = page["NextShardIterator"]


def quiet_second() -> datetime:
    """Return a second of which all changes are over, and wait until the next changes have a later second."""
    at = datetime.now(UTC).replace(microsecond=0)
    time.sleep(1.1)
    return at
