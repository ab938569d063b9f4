"""The rows of a list in the table, and the list's record, through a client of DynamoDB."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from botocore.exceptions import ClientError

from bounded_context.adapters.conditional import is_throttling, patiently
from bounded_context.adapters.items import KEY, LIST_SHARD, shard
from bounded_context.declaration.context import Context
from bounded_context.declaration.structure import INDEX_SHARDS
from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_cli.command.outputs import parsed, read_outputs, refuse_others

from ..restore.tables import as_stored, plain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_AT_ONCE: Final = 100
"""Actions of a transaction (DynamoDB API reference, TransactWriteItems)."""

_FAILED: Final = "ConditionalCheckFailed"
_PASSING: Final = {"None", _FAILED, "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
"""The reasons of a canceled transaction that may succeed later (DynamoDB API reference, TransactWriteItems, Errors)."""


@dataclass(frozen=True)
class RepairTable:
    """The calls of boto3's table resource that `bounded_context.adapters.dynamodb_lists` makes, through a client."""

    client: "DynamoDBClient"
    name: str

    def get_item(self, *, Key: Mapping[str, Any], **request: Any) -> dict[str, Any]:  # noqa: N803
        """Return an item with Python's values."""
        answer: Any = self.client.get_item(TableName=self.name, Key=as_stored(Key), **request)
        return {"Item": plain(answer["Item"])} if "Item" in answer else {}

    def update_item(
        self,
        *,
        Key: Mapping[str, Any],  # noqa: N803
        ExpressionAttributeValues: Mapping[str, Any],  # noqa: N803
        **request: Any,
    ) -> dict[str, Any]:
        """Update an item, and return its attributes with Python's values."""
        typed = {"Key": as_stored(Key), "ExpressionAttributeValues": as_stored(ExpressionAttributeValues)}
        answer: Any = self.client.update_item(TableName=self.name, **typed, **request)
        return {"Attributes": plain(answer.get("Attributes", {}))}


@dataclass(frozen=True)
class Rows:
    """The rows of lists. `deleted` is called with the number of rows after each transaction."""

    context: Context[Any]
    client: "DynamoDBClient"
    table: str
    deleted: Callable[[int], None]

    def of_list(self, list_id: str) -> Iterator[Sequence[str]]:
        """Yield the identities of a list's rows, at most 100 at a time. Recent writes may be missing in the index."""
        for page in self._pages(list_id, ProjectionExpression=KEY):
            rows = [item[KEY]["S"].removeprefix(self.context.key_prefix) for item in page["Items"]]
            for start in range(0, len(rows), _AT_ONCE):
                yield rows[start : start + _AT_ONCE]

    def count(self, list_id: str) -> int:
        """Return the number of a list's rows."""
        return sum(page["Count"] for page in self._pages(list_id, Select="COUNT"))

    def undo_rows(self, list_id: str, identities: Sequence[str]) -> None:
        """Delete the aggregates of the given identities that this list created, and keep the others."""
        remaining = list(identities)
        # A transaction writes all items or no item: it is repeated without the items that are not this list's.
        while remaining and (others := patiently(partial(self._delete, list_id, remaining), _passes)):
            remaining = [identity for index, identity in enumerate(remaining) if index not in others]
        self.deleted(len(remaining))

    def _delete(self, list_id: str, identities: Sequence[str]) -> set[int]:
        """Delete all items, or no item; return the indexes of the items that are not the list's."""
        deletions: Any = [
            {
                "Delete": {
                    "TableName": self.table,
                    "Key": {KEY: {"S": self.context.key_prefix + identity}},
                    "ConditionExpression": f"attribute_not_exists({KEY}) OR list_id = :list_id",
                    "ExpressionAttributeValues": {":list_id": {"S": list_id}},
                }
            }
            for identity in identities
        ]
        try:
            self.client.transact_write_items(TransactItems=deletions)
        except ClientError as error:
            reasons = _reasons(error)
            if set(reasons) - {"None"} != {_FAILED}:
                raise
            return {index for index, reason in enumerate(reasons) if reason == _FAILED}
        return set()

    def _pages(self, list_id: str, **arguments: Any) -> Iterator[Any]:
        if "by_list" not in self.context.indexes:
            yield from self._whole_table(list_id, arguments)
            return
        for number in range(INDEX_SHARDS):
            values = {":keys": {"S": shard(list_id, number)}}
            condition = {"KeyConditionExpression": f"{LIST_SHARD} = :keys", "ExpressionAttributeValues": values}
            yield from _read(self.client.query, TableName=self.table, IndexName="by_list", **condition, **arguments)

    def _whole_table(self, list_id: str, arguments: Mapping[str, Any]) -> Iterator[Any]:
        values = {":list_id": {"S": list_id}, ":prefix": {"S": self.context.key_prefix}}
        condition = f"list_id = :list_id AND begins_with({KEY}, :prefix)"
        filtered = {"FilterExpression": condition, "ExpressionAttributeValues": values, "ConsistentRead": True}
        yield from _read(self.client.scan, TableName=self.table, **filtered, **arguments)


def _read(read: Callable[..., Any], **request: Any) -> Iterator[Any]:
    while True:
        page = read(**request)
        yield page
        if not (last := page.get("LastEvaluatedKey")):
            return
        request["ExclusiveStartKey"] = last


def _reasons(error: ClientError) -> list[str]:
    response: Any = error.response
    return [str(reason.get("Code")) for reason in response.get("CancellationReasons", ())]


def _passes(error: Exception) -> bool:
    reasons = _reasons(error) if isinstance(error, ClientError) else []
    return is_throttling(error) or (bool(reasons) and set(reasons) <= _PASSING)


@dataclass(frozen=True)
class ListStack:
    """The table, the inbox and the topic of a stack."""

    name: str
    table: str
    inbox: str
    topic_arn: str

    @property
    def region(self) -> str:
        """The region of the stack."""
        return self.topic_arn.split(":")[3]

    @classmethod
    def of(cls, name: str, outputs: Mapping[str, Any]) -> Self:
        """Parse the outputs of the service program. Raises Refusal."""
        refuse_others(outputs["release"]["application"], name)
        if "inbox_bucket" not in outputs:
            raise Refusal(f"{name} has no lists: its context declares none, or its outputs are of another stack.")
        return cls(name, outputs["table_name"], outputs["inbox_bucket"], outputs["topic_arn"])


def read_stack(stack: str, program: Path, file: Path | None) -> ListStack:
    """Return the stack, from the outputs in `file` or from the Pulumi CLI in the program's folder. Raises Refusal."""
    return parsed(lambda outputs: ListStack.of(stack, outputs), read_outputs(stack, program, file))
